module wavehouse.dev/tools/spark-operator

go 1.26

// Data only: nothing here is compiled. The checksums in go.sum hold for the OpenAPI and the CRDs read from it.
require github.com/kubeflow/spark-operator/v2 v2.4.0

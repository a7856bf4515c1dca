module wavehouse.dev/tools/kubernetes

go 1.26

// Data only: nothing here is compiled. The checksums in go.sum hold for the OpenAPI and the CRDs read from it.
require k8s.io/kubernetes v1.36.3

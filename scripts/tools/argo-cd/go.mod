module wavehouse.dev/tools/argo-cd

go 1.26

// Data only: nothing here is compiled. The checksums in go.sum hold for the OpenAPI and the CRDs read from it.
require github.com/argoproj/argo-cd/v3 v3.5.7

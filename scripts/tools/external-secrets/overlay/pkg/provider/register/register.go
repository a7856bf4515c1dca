// Package register leaves out every provider but the one that a cluster of one's own uses: those of the clouds and of
// forty vendors take eighteen minutes to build. What runs in a cloud is the published image, which has them all.
package register

import (
	_ "github.com/external-secrets/external-secrets/pkg/provider/kubernetes"
)

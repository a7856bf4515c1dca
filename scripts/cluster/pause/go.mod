module wavehouse.dev/cluster/pause

go 1.24

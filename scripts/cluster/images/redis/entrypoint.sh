#!/bin/sh
# As the upstream image: options alone are redis-server's, and it answers others than its own machine.
set -eu
case "${1:-}" in
  -*) set -- redis-server --protected-mode no "$@" ;;
  redis-server) shift && set -- redis-server "$@" --protected-mode no ;;
esac
exec "$@"

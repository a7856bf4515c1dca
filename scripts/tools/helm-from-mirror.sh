#!/bin/sh
# Helm for kustomize where charts come from a folder and not from the network: `pull` only looks whether the chart is
# there, `template` reads it there, and the rest is Helm's own. Nothing is written, so a checkout stays clean.
#   WAVEHOUSE_CHARTS  <chart>-<version>/<chart> and <chart>-<version>/repo; by default `charts` beside this file
#   WAVEHOUSE_HELM    Helm itself; by default `helm.real` beside this file
set -eu
here=${0%/*}
charts=${WAVEHOUSE_CHARTS:-$here/charts}
helm=${WAVEHOUSE_HELM:-$here/helm.real}

# helm pull --untar --untardir DIR/NAME-VERSION --repo REPO NAME --version VERSION, as kustomize writes it
if [ "${1:-}" = pull ]; then
  name='' version='' repo=''
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --untar | --devel) ;;
      --untardir) shift ;;
      --repo) shift && repo=$1 ;;
      --version) shift && version=$1 ;;
      *) name=$1 ;;
    esac
    shift
  done
  mirrored=''
  [ ! -f "$charts/$name-$version/repo" ] || read -r mirrored <"$charts/$name-$version/repo"
  [ "${repo%/}" != "$mirrored" ] || [ -z "$mirrored" ] || exit 0
  echo "the chart $name $version of $repo is not mirrored: see scripts/tools/mirrors.yaml" >&2
  exit 1
fi

# A path of kustomize's own, …/NAME-VERSION/NAME, that is not there: the chart lies in the mirror.
count=$#
while [ "$count" -gt 0 ]; do
  argument=$1
  shift
  parent=${argument%/*}
  chart=${parent##*/}/${argument##*/}
  if [ "$parent" != "$argument" ] && [ ! -e "$argument" ] && [ -d "$charts/$chart" ]; then argument=$charts/$chart; fi
  set -- "$@" "$argument"
  count=$((count - 1))
done
exec "$helm" "$@"

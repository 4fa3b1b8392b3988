#!/bin/sh
# Makes the namespace and its search attributes; repeating it only brings the retention up to date.
# Reads TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE (both also read by the `temporal` command) and TEMPORAL_RETENTION.
set -eu

retry() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    if [ "$tries" -ge 30 ]; then
      echo "gave up: $*" >&2
      return 1
    fi
    sleep 2
  done
}

retry temporal operator cluster health
if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$TEMPORAL_RETENTION"
fi
# A new namespace is known to the whole server after some seconds; until then these calls fail.
retry temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention "$TEMPORAL_RETENTION"
# One call each: given several names, the command (1.9.1) adds the first only and still reports success.
for name in CompanyId CampaignId Carrier MessageState; do
  retry temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type Keyword
done
echo "Namespace $TEMPORAL_NAMESPACE is ready."

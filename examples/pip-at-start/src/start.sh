#!/bin/sh
# Installs what the job needs and starts it. On a laptop this takes two seconds.
set -eu
pip install --user --quiet -r /opt/visits/requirements.txt
exec python /opt/visits/summarise.py

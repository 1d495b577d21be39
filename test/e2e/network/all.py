"""Starts all programs, one shortly after the other; what each of them prints is kept under its name."""

import json
import os
import subprocess
import sys
import time

with open("/app/programs.json") as file:
    programs = json.load(file)
with open("/safe_outputs/runs.txt", "a") as file:
    file.write("run\n")
running = {}
for name, argv in programs.items():
    running[name] = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    time.sleep(0.2)  # started at once, they would wait for a processor rather than for the network
for name, program in running.items():
    output, _ = program.communicate()
    with open(f"/safe_outputs/{name}.log", "wb") as file:
        file.write(output)
print("proxies", [name for name in os.environ if name.lower().endswith("_proxy")])
sys.exit(1)

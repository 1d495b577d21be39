"""Runs all programs side by side; what each of them prints is kept under its name."""

import json
import os
import subprocess
import sys

with open("/app/programs.json") as file:
    programs = json.load(file)
with open("/safe_outputs/runs.txt", "a") as file:
    file.write("run\n")
running = {
    name: subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for name, argv in programs.items()
}
for name, program in running.items():
    output, _ = program.communicate()
    with open(f"/safe_outputs/{name}.log", "wb") as file:
        file.write(output)
print("proxies", [name for name in os.environ if name.lower().endswith("_proxy")])
sys.exit(1)

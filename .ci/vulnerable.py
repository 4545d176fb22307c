"""Reads what pip-audit writes as JSON, and says in a few lines what has a known vulnerability. Exits 1 if anything has."""

import json
import sys

try:
    dependencies = json.load(sys.stdin)["dependencies"]
except ValueError:
    dependencies = []
looked_up = [dependency for dependency in dependencies if "vulns" in dependency]
skipped = len(dependencies) - len(looked_up)
vulnerable = [(dependency, vulnerability) for dependency in looked_up for vulnerability in dependency["vulns"]]
for dependency, vulnerability in vulnerable:
    mended = " or ".join(vulnerability["fix_versions"]) or "no version yet"
    print(f"{dependency['name']} {dependency['version']} has {vulnerability['id']}, mended in {mended}")
if not looked_up:
    print("No dependency could be looked up for known vulnerabilities: is there a network?")
else:
    print(
        f"{len(looked_up)} dependencies looked up, {len(vulnerable)} known vulnerabilities, {skipped} could not be looked up."
    )
sys.exit(1 if vulnerable else 0)

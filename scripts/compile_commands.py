#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints compile_commands.json. usage: compile_commands.py CC FLAGS FILE..."""
import json
import os
import sys

compiler, flags, files = sys.argv[1], sys.argv[2], sys.argv[3:]
json.dump([{"directory": os.getcwd(), "file": name, "command": f"{compiler} {flags} -c {name}"} for name in files],
          sys.stdout, indent=1)

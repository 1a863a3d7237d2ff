# Has BleachBit preview one option after the other, as `bleachbit --preview OPTION` does, in one process:
# starting it for each of 200 options would take minutes. Before each option stands a line with its name.
# Arguments: the folder that holds the package `bleachbit`, then the options.
import sys

sys.path.insert(0, sys.argv[1])
from bleachbit import CLI

# Loads the definitions, and says which options there are to do, by cleaner.
for cleaner, options in sorted(CLI.args_to_operations(sys.argv[2:], False, False).items()):
    for option in options:
        print("== %s.%s" % (cleaner, option), flush=True)
        CLI.preview_or_clean({cleaner: [option]}, False)

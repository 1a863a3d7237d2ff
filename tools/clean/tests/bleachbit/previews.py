# Has BleachBit preview one option after the other, as `bleachbit --preview OPTION` does, in one process:
# starting it for each of 200 options would take minutes. Before each option stands a line with its name.
# Arguments: the folder that holds the package `bleachbit`, then the options.
import sys

sys.path.insert(0, sys.argv[1])
from bleachbit import CLI

for option in sys.argv[2:]:
    print("== " + option, flush=True)
    CLI.preview_or_clean(CLI.args_to_operations([option], False, False), False)

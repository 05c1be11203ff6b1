# METADATA
# title: What the decision log may hold
package system.log

# Replaced, so that it can be seen that there was one.
mask contains {"op": "upsert", "path": "/input/pin", "value": "****"}

# Erased: nobody who reads the log has to know where somebody lives.
mask contains "/input/address"

# Questions about anything but the yard are not worth a line.
drop if not startswith(input.path, "yard/")

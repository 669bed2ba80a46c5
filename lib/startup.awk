# SPDX-License-Identifier: MIT
# The standard manifest, with the startup modules of another one in place of its own:
#
#     awk -f startup.awk RECORDED STANDARD

function end_of_list() { return /^[a-z]/ }

FNR == NR && end_of_list() { recorded = 0 }
FNR == NR && /^startup:/   { recorded = 1 }
FNR == NR && recorded && /^  - / { names = names $0 "\n" }
FNR == NR { next }

end_of_list() { replaced = 0 }
/^startup:/ && names != "" {
	print
	printf "%s\n", names
	replaced = 1
}
!replaced { print }

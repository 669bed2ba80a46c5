# SPDX-License-Identifier: MIT
# The standard manifest, its startup modules preceded by those that a recorded start imports:
#
#     awk -f startup.awk RECORDED STANDARD

FNR == NR && /^[a-z]/ { is_recorded = 0 }
FNR == NR && /^startup:/ { is_recorded = 1 }
FNR == NR && is_recorded && /^  - / {
	names = names $0 "\n"
	known[$2] = 1
}
FNR == NR { next }

/^[a-z]/ { is_standard = 0 }
/^startup:$/ {
	is_standard = 1
	print
	printf "%s", names
	next
}
!(is_standard && $1 == "-" && $2 in known)

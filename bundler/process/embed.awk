# SPDX-License-Identifier: MIT
# Turn texts into a C source that defines them as the string `name`: awk -v name=NAME -f embed.awk FILE...
BEGIN {
	print "/* Generated from a program in Python by bundler/process/embed.awk. */"
	print "#include \"bundler/process/scripts.h\""
	print ""
	printf "const char %s[] =\n", name
}
{
	gsub(/\\/, "&&")
	gsub(/"/, "\\\"")
	printf "\t\"%s\\n\"\n", $0
}
END {
	print "\t\"\";"
}

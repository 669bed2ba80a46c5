# SPDX-License-Identifier: MIT
# Turn a text into a C source that defines it as the string `name`: awk -v name=NAME -f embed.awk
BEGIN {
	print "/* Generated from a script of the same name by bundler/process/embed.awk. */"
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

# SPDX-License-Identifier: MIT
# Turn texts into a C source that defines them as the string `name`: awk -v name=NAME -f embed.awk FILE...
# With -v storage=static it is to be included by the one source that uses it.
BEGIN {
	print "/* Generated from a program in Python by bundler/process/embed.awk. */"
	if (storage == "")
		print "#include \"bundler/process/scripts.h\""
	print ""
	printf "%s%sconst char %s[] =\n", storage, storage == "" ? "" : " ", name
}
{
	gsub(/\\/, "&&")
	gsub(/"/, "\\\"")
	printf "\t\"%s\\n\"\n", $0
}
END {
	print "\t\"\";"
}

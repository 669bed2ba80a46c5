from support import chain_c

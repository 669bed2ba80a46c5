from support import chain_b

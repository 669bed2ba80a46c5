import support.raises

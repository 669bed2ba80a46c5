import warnings

warnings.warn("support.warns is old", DeprecationWarning, stacklevel=2)
warnings.warn("and this is its own line", UserWarning)

"""An import that fails and that nobody catches: what the user sees on the terminal."""

import json

print("before", json.dumps(1))
import support.imports_raises

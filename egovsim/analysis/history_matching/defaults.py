"""What history matching does unless told otherwise; light to import, so that the command line can show it."""

from __future__ import annotations

SEED = 0
MEMBERS = 1000
"""How many members a search accepts."""
MOST_TRIES = 2**26
"""How long a search goes on: an acceptance below one in some ten thousand is taken for a contradiction."""
TRIES = 64
"""How many draws of its constants a block that is matched last gives to a member, unless it says so itself."""
MOST_BLOCK_TRIES = 4096
"""How many it may ask for: more would be many accepted members of very few."""
WIDER_MEMBERS = 200
"""How many members, at most, are accepted with every tolerance doubled: enough to see how far bands move."""
COMPARED_MEMBERS = 256
"""How many of the accepted members a comparison uses: enough for its quantiles, and quick."""

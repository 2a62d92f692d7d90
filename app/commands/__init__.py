"""The commands of `polyglance`, one module for each group: its options, and what it does with them."""

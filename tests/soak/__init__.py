"""A long mixed run: every plan, every fault, parts that die; in the end all books must agree."""

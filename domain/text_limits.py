"""How long what people and programs hand in may be, asked before anything is done with it (P-11, P-12).

Far above what can be sent, so that nobody with an honest text meets these limits, and so low that no text
takes long to read. They count Python's characters (code points), as ``maxLength`` of a JSON schema does;
what a message may hold is counted in ``domain.message_parts``.
"""

from domain.message_parts import RCS_MAX_CHARACTERS

MAX_TEXT_LENGTH = 10_000
"""A message's text as it is written, names of variables included. Longer ones are not even parsed."""

MAX_VARIABLE_NAME_LENGTH = 100
"""A variable's name. A column with a longer heading is read, but is no variable."""

MAX_VARIABLE_VALUE_LENGTH = RCS_MAX_CHARACTERS
"""A variable's value: no text has room for more. Where no text asks for it, a longer one is not kept."""

MAX_VARIABLES = 100
"""Different variable names in one request of a program."""

MAX_PHONE_NUMBER_LENGTH = 100
"""A number as it is written. What is longer is no slip of a person but a mistake of a program."""

MAX_PROBLEMS = 100
"""Problems of one text that are told one by one."""

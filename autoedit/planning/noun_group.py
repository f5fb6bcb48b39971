"""The inside of a noun phrase: determiner, quantity, order, place, look, and nouns."""

from __future__ import annotations

from autoedit.planning.draft import END, Cursor, Draft, sides_of
from autoedit.planning.words import singular, vocabulary

_LOOKS = ("colour", "size", "material", "pattern", "other")


def _is_tin(cursor: Cursor, ahead: int) -> bool:
    """Whether "can" is the thing: no pronoun before it, no pronoun or auxiliary behind it."""
    words = vocabulary().words
    before = cursor.peek(ahead - 1) if cursor.at + ahead > 0 else END
    after = cursor.peek(ahead + 1)
    if after.word in ("that", "which") and cursor.peek(ahead + 2).word in ("is", "are"):
        after = END
    auxiliary = words("function.pronoun") | words("function.determiner") | {"be", "see"}
    return not (
        before.among(words("function.pronoun") | {"which", "that", "who"}) or after.among(auxiliary)
    )


def is_open(cursor: Cursor, ahead: int = 0) -> bool:
    """Whether a word can be part of a noun group: not a function word or a preposition."""
    token = cursor.peek(ahead)
    if token.kind != "word":
        return False
    words = vocabulary().words
    if token.word == "can" and _is_tin(cursor, ahead):
        return True
    if token.word in words("function.closed") or token.word in words("function.determiner"):
        return False
    if token.word in words("function.possessive"):
        return False
    if token.word in words("function.pronoun") and token.word not in words("nouns.everyone"):
        return False
    return not (cursor.match("function.relation", ahead) or cursor.match("function.depth", ahead))


def read_group(cursor: Cursor, draft: Draft) -> None:
    """Read determiners, pre-modifiers and nouns into the draft, as far as they go."""
    while True:
        listed = cursor.peek().text == "," and draft.looks and not draft.nouns
        if listed and is_open(cursor, 1):  # "a large, round table"
            draft.said.extend(cursor.take())
        if draft.nouns:
            taken = _noun(cursor, draft)
        else:
            taken = (
                _compound(cursor, draft)
                or _determiner(cursor, draft)
                or _quantity(cursor, draft)
                or read_ordinal(cursor, draft)
                or _side(cursor, draft)
                or _colour(cursor, draft)
                or _look(cursor, draft)
                or _noun(cursor, draft)
            )
        if not taken:
            return
        draft.said.extend(cursor.take(taken))


def _compound(cursor: Cursor, draft: Draft) -> int:
    """For "(the) for sale (sign)"."""
    length = cursor.match("nouns.compound")
    if not length or not is_open(cursor, length):
        return 0
    draft.nouns.append(cursor.peek())
    return length


def _determiner(cursor: Cursor, draft: Draft) -> int:
    token, words = cursor.peek(), vocabulary().words
    if token.kind == "quote":
        draft.look("text", token.word)
        return 1
    if token.among(words("function.possessive")):
        draft.owner = token.word
        return 1
    if not token.among(words("function.determiner")):
        return 0
    draft.indefinite = draft.indefinite or token.word in words("function.indefinite")
    return 1


def _quantity(cursor: Cursor, draft: Draft) -> int:
    token, table = cursor.peek(), vocabulary().map("function.quantity")
    ahead = 1
    if cursor.peek(1).word == "of":
        ahead = 2
    follows = is_open(cursor, ahead) or cursor.peek(ahead).among(
        vocabulary().words("function.determiner") | vocabulary().words("function.possessive")
    )
    following = cursor.peek(1)
    alone = token.word.isalpha() and draft.said and draft.said[-1].word == "the"
    if alone and (following.kind == "mark" or following.among(("on", "at", "in", "from"))):
        follows = True  # "the two on the left"
    follows = follows or token.word == "both"  # it needs no noun: "cut out both"
    counted = token.kind == "word" and (token.word in table or token.word.isdecimal())
    if not counted or not (follows or ahead == 2):
        return 0
    number = table.get(token.word) or str(int(token.word))
    if draft.quantity in ("", "all"):
        draft.quantity = number
    return ahead


def read_ordinal(cursor: Cursor, draft: Draft) -> int:
    """Note "second", "2nd", "last", "leftmost"; the number of tokens, which are not passed."""
    token = cursor.peek()
    if token.kind != "word" or draft.ordinal is not None:
        return 0
    table, extremes = vocabulary().map("function.ordinal"), vocabulary().map("function.extreme")
    if token.word in extremes:
        draft.ordinal, draft.ordinal_from = 1, extremes[token.word]
        return 1
    if token.word in table:
        draft.ordinal = table[token.word]
        return 1
    digits = token.word[:-2]
    if digits.isdecimal() and token.word[-2:] in ("st", "nd", "rd", "th") and int(digits) > 0:
        draft.ordinal = int(digits)
        return 1
    return 0


def bare_sides(cursor: Cursor) -> int:
    """For "(the logo) top right", "(the dog) left": how many words name the place; 0 for none.

    A lone "top" or "bottom" is a part: "the bikini top".
    """
    length = far = int(cursor.peek().among(("far", "very", "extreme")))
    sides: list[str] = []
    while found := sides_of(cursor.peek(length)):
        sides += found
        length += 1
    lone = len(sides) == 1 and sides[0] not in ("left", "right")
    frame = set(sides) <= {"left", "right", "top", "bottom"}
    return 0 if lone or not frame or length == far or is_open(cursor, length) else length


def counts_from(cursor: Cursor) -> bool:
    """Whether an ordinal stands after its noun: "(the bottle) second from the left"."""
    return cursor.peek(1).word == "from" and read_ordinal(cursor, Draft()) > 0


def _side(cursor: Cursor, draft: Draft) -> int:
    ahead = 1 if cursor.peek().among(("far", "very", "furthest", "farthest")) else 0
    sides = sides_of(cursor.peek(ahead))
    if not sides or cursor.match("nouns.named_after_side", ahead):
        return 0
    if sides == ["background"] and not ahead and _looks_only(cursor, 1):
        return 0  # "(make the) background pure white"
    ahead += 1
    if cursor.peek(ahead).word == "hand":
        ahead += 1
    listed = cursor.peek(ahead).word == "and" and sides_of(cursor.peek(ahead + 1))
    if not (listed or is_open(cursor, ahead) or cursor.peek(ahead).among(("one", "ones"))):
        return 0
    for side in sides:
        draft.place(side)
    return ahead


def _looks_only(cursor: Cursor, ahead: int) -> bool:
    """Whether only looks follow, and no noun that they are of."""
    words = vocabulary().words
    looks = words("adjectives.colour") | words("adjectives.colour_modifier") | words(
        "adjectives.complement"
    )  # fmt: skip
    start = ahead
    while cursor.peek(ahead).among(looks):
        ahead += 1
    return ahead > start and not is_open(cursor, ahead)


def _colour(cursor: Cursor, draft: Draft) -> int:
    length, name = read_colour(cursor)
    if not length:
        return 0
    thing = length > 1 and cursor.peek().among(
        vocabulary().words("adjectives.colour_modifier_noun")
    )
    if thing and not is_open(cursor, length):  # "(make the) sky pink"
        return 0
    if _is_head(cursor, length, "adjectives.colour_noun") and not _two_coloured(cursor, length):
        return 0
    draft.look("colour", name)
    while cursor.peek(length).word in ("and", "&"):  # "black and white dog": one dog
        more, second = read_colour(cursor, length + 1)
        if not more or not is_open(cursor, length + 1 + more):
            break
        draft.look("colour", second)
        length += 1 + more
    if cursor.peek(length).among(("colored", "coloured")):
        length += 1
    return length


def _two_coloured(cursor: Cursor, length: int) -> bool:
    """Whether another colour and a noun follow: "the orange and blue can"."""
    if not cursor.peek(length).among(("and", "&")):
        return False
    more, _ = read_colour(cursor, length + 1)
    return bool(more) and is_open(cursor, length + 1 + more)


def _is_head(cursor: Cursor, length: int, nouns: str) -> bool:
    """Whether a look is the noun itself: "the orange", "a glass"."""
    last = cursor.peek(length - 1)
    after, _ = read_colour(cursor, length)  # "(paint the) stone dark red"
    ends = not is_open(cursor, length) or (after and not is_open(cursor, length + after))
    return last.among(vocabulary().words(nouns)) and bool(ends)


def read_colour(cursor: Cursor, ahead: int = 0) -> tuple[int, str]:
    """A colour's modifiers and name: how many tokens, and the words as one string."""
    modifiers = vocabulary().words("adjectives.colour_modifier")
    colours = vocabulary().words("adjectives.colour")
    length = 0
    while length < 3:
        word, following = cursor.peek(ahead + length), cursor.peek(ahead + length + 1)
        fruit = following.among(vocabulary().words("adjectives.colour_noun"))
        both = word.among(colours) and following.among(colours) and not fruit  # "mustard yellow"
        modified = following.among(modifiers) or following.among(colours)
        if not both and not (word.among(modifiers) and modified):
            break
        length += 1
    last = cursor.peek(ahead + length)
    if not (last.among(colours) or (last.kind == "word" and last.word.startswith("#"))):
        return 0, ""
    names = [cursor.peek(ahead + i).word for i in range(length + 1)]
    plain = [_plain(name) for name in names[:-1]]
    return length + 1, " ".join([*plain, names[-1]])


def _plain(modifier: str) -> str:
    """For "lighter" -> "light": a photo's thing is named in the positive."""
    positive = {"paler": "pale"}
    short = modifier[:-2] if modifier.endswith("er") else modifier
    return positive.get(modifier, short if short in ("dark", "light", "bright", "deep", "soft")
                        else modifier)  # fmt: skip


def _look(cursor: Cursor, draft: Draft) -> int:
    token = cursor.peek()
    for kind in _LOOKS[1:]:
        if not token.among(vocabulary().words(f"adjectives.{kind}")):
            continue
        nouns = {"material": "adjectives.material", "other": "adjectives.other_noun"}
        if kind in nouns and _is_head(cursor, 1, nouns[kind]):
            return 0
        draft.look(kind, token.word)
        return 1
    participle = "-" in token.word and token.word.endswith(("ed", "ing", "like"))
    if participle and is_open(cursor, 1):
        draft.look("other", token.word)
        return 1
    return 0


def _noun(cursor: Cursor, draft: Draft) -> int:
    token = cursor.peek()
    if token.among(("one", "ones")) or token.kind == "file":
        draft.nouns.append(token)
        return 1
    if draft.nouns and token.kind == "quote":
        return 0
    if not is_open(cursor):
        return 0
    if token.word == "else" and draft.nouns:  # "everything else"
        return 1
    if draft.nouns and (counts_from(cursor) or text_follows(cursor) or bare_sides(cursor)):
        return 0
    if draft.nouns:
        if cursor.match("function.sets.exclusion") or cursor.match("function.sets.joining"):
            return 0
        words = vocabulary().words
        after = words("adjectives.colour") | words("adjectives.complement")
        if token.word in after and not (is_open(cursor, 1) and not _ends(cursor)):
            return 0
        linking = cursor.match("function.sets.linking")
        if (linking and not is_open(cursor, linking)) or is_participle(cursor):
            return 0
        if read_colour(cursor)[0] > 1:
            return 0
    draft.nouns.append(token)
    return 1


def text_follows(cursor: Cursor) -> int:
    """The length of what leads to what is written ("saying"); 0 for "reading a book"."""
    length = cursor.match("function.sets.text")
    after = cursor.peek(length)
    read = after.among(vocabulary().words("function.determiner")) and after.text.islower()
    return 0 if (read and after.word != "no") or after.kind == "mark" else length


def _ends(cursor: Cursor) -> bool:
    """Whether only further looks follow: "red shiny"."""
    words = vocabulary().words
    after = words("adjectives.colour") | words("adjectives.complement")
    return cursor.peek(1).word in after


def is_participle(cursor: Cursor) -> bool:
    """Whether a word after a noun says what the thing does: "the man sitting (on ...)"."""
    token = cursor.peek()
    if token.kind != "word" or len(token.word) < 5 or not token.word.endswith(("ing", "ed")):
        return False
    if token.word.endswith("ing") and cursor.peek(1).among(
        vocabulary().words("function.determiner") | vocabulary().words("function.possessive")
    ):  # "the lines crossing the sky"
        return True
    if singular(token.word)[0] in vocabulary().words("nouns.ing"):
        return False
    return not is_open(cursor, 1) or (token.word.endswith("ing") and _ends(cursor))

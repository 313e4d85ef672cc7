"""Words that carry no topic: dropped from questions, kept in the index."""

# One string a language, as people write the words; the analyzer turns them into terms.
ENGLISH = """
a about after all also am an and any are as at be because been before being both but by can could
did do does doing done during each every few for from further had has have having he her here hers
him himself his how i if in into is it its itself just many may me might more most much must my
myself no nor not of off on once only or other our ours out over own same shall she should so some
such than that the their theirs them themselves then there these they this those through to too
under until up upon us very was we were what when where whether which while who whom whose why will
with within without would you your yours yourself
d don ll m re s t ve isn aren wasn weren doesn didn hasn haven hadn couldn wouldn shouldn won
"""

# Simplified, as the analyzer folds it. A pair with one of these in it crosses a word's border or
# asks the question: 的问, 么时, 谁是.
CHINESE_PARTICLES = frozenset("的了吗呢啊吧么什谁哪是")
CHINESE = "在 和 与 或 及 何 几 有 多少 怎样 为何 如何 时候"

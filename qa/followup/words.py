"""English words that name no topic of their own, for reading follow-up questions."""

from retrieval.stop_words import ENGLISH

QUESTION = frozenset("what which who whom whose when where why how".split())
AUXILIARY = frozenset(
    """is are was were be been being am do does did has have had having can could will would shall
    should may might must isn't aren't wasn't weren't doesn't don't didn't can't won't""".split()
)
PREPOSITIONS = frozenset(
    """of in on at by for with without from to into onto over under between among against about
    during through per via within across than as like""".split()
)
# Where one starts, what follows may point back at what the question itself said before.
BOUNDARIES = frozenset(
    """and or but if when while after before because since once so that which who unless until
    though although whether""".split()
)
PRONOUNS = frozenset(
    """it they them he him she her this that these those its their his theirs itself
    themselves""".split()
)
POSSESSIVE = frozenset("its their his her theirs".split())
PERSONS = frozenset("he him she her".split())
DETERMINERS = frozenset("this that these those".split())
ARTICLES = frozenset("a an the".split())
# "is it possible to …": this it stands for nothing.
EXPLETIVE = frozenset(
    """possible necessary needed important better best true worth hard easy difficult common normal
    safe enough okay ok allowed recommended advisable useful bad good wrong required""".split()
)
# Stand-ins for whatever was spoken of: "this method" is the topic itself.
GENERIC = frozenset(
    """method approach technique model models algorithm thing things idea concept tool tools class
    function feature one ones system architecture library network note notes object
    procedure process mechanism""".split()
)
PROPERTIES = frozenset(
    """advantage advantages disadvantage disadvantages drawback drawbacks limitation limitations
    weakness weaknesses strength strengths benefit benefits downside downsides upside pros cons
    formula formulas equation equations definition purpose goal aim use uses usage example examples
    year date month day author authors inventor inventors creator creators paper name names reason
    reasons cause causes effect effects cost costs price complexity size sizes length number numbers
    amount count value values default defaults type types kind kinds part parts component components
    step steps stage stages phase phases alternative alternatives difference differences similarity
    similarities parameter parameters option options argument arguments requirement requirements
    problem problems remedy remedies solution solutions role meaning point version versions range
    maximum minimum limit limits speed detail details result results source sources origin
    input inputs output outputs layer layers head heads
    side risk risks exception exceptions status code codes command package attribute attributes
    method methods field fields property properties setting settings""".split()
)
_VERBS = """compute calculate work use mean make do need introduce invent propose publish develop
create call define measure train happen get go compare differ apply solve fail take find give
install configure enable disable set add declare handle return receive send run start stop write
read store keep hold have help improve reduce increase change depend require support allow prevent
protect avoid cause consist contain include describe explain show state say tell know see look
learn decide choose select build load save open close update remove delete replace split divide
multiply combine join merge convert turn produce generate predict expect want try call count cost
matter last limit exist belong become come begin end serve provide offer perform act treat process
test check validate verify pass map match sort rank order test discover suggest present argue find
grow shrink move raise lower stand consider represent express affect influence determine scale
normalize normalise initialize initialise access mount host deploy answer ask behave exclude execute
accept reject refuse raise trigger register share import restrict document"""
_IRREGULAR = """made did done meant got gotten went gone took taken found gave given ran sent wrote
written read kept held had shown said told known seen saw looked chose chosen built became come came
began begun stood grew grown shrank cut put let set split paid won"""


def _forms(verb: str) -> list[str]:
    stem = verb[:-1] if verb.endswith("e") else verb
    ending = f"{verb[:-1]}ied" if verb.endswith("y") and verb[-2] not in "aeo" else f"{stem}ed"
    third = f"{verb[:-1]}ies" if verb.endswith("y") and verb[-2] not in "aeo" else f"{verb}s"
    return [verb, third, f"{verb}es", ending, f"{verb}{verb[-1]}ed", f"{verb}d"]


VERBS = frozenset(form for verb in _VERBS.split() for form in _forms(verb)) | frozenset(
    _IRREGULAR.split()
)
_ADVERBS = """also too then else exactly actually really again please still usually typically often
first ever just only now later instead together long much many far fast big large old main
original exact total current own there here well quickly slowly faster slower better worse best
worst bigger smaller larger cheaper easier harder more most less least same different other
another any some all both each every such possible called normally generally overall originally"""
FUNCTION = (
    QUESTION
    | AUXILIARY
    | PREPOSITIONS
    | BOUNDARIES
    | PRONOUNS
    | ARTICLES
    | frozenset(ENGLISH.split())
    | frozenset(_ADVERBS.split())
)
EMPTY = FUNCTION | VERBS | PROPERTIES | frozenset({"one", "ones", "thing", "things"})

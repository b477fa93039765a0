"""Patterns of :mod:`extractor.language.quantities`, on folded text. Each is linear: no repeat holds another open one."""

from __future__ import annotations

import re

from extractor.language.numbers import DIGITS, NUMBER, SPELLED

NOUN = (
    r"(?:injections?|inj\b\.?|sites?|spots?|points?|trigger\s?points?|tr\.?p'?s?\b|tps?\b|tpis?\b|mtrps?\b|pts\b|pt\b(?=\s?[.,;)x\n]|$)|locations?|areas?|"
    r"places|muscles?|levels?|passes|sticks?|insertions?|regions?|knots?|nodules?|bands?|marks?|targets?|aliquots?|shots?|total(?=\s?[,.;)\n]|$))(?![a-z])"
)
_ADJECTIVE = (
    r"(?:(?:different|separate|distinct|individual|total|discrete|of the|of these|the|needle|muscle|trigger|tender|myofascial|"
    r"point|injection|active|such|painful|palpable|identified|affected|more|additional|other|bilateral|left|right|mapped|"
    r"marked|cervical|thoracic|lumbar|deep|taut|trp|tp|unique|palpated|designated)\s){0,4}"
)

# Numbers whose shape alone tells what they are. Order decides: a date before a fraction before a pressure.
SHAPE = re.compile(
    r"(?P<date>(?:19|20)\d\d-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})(?!\d)"
    r"|\d{1,2}-\d{1,2}-(?:\d{4}|\d{2})(?![\d-])|\d{1,2}\.\d{1,2}\.(?:19|20)\d\d)"
    r"|(?P<ndc>\d{4,5}-\d{3,4}-\d{1,2}(?!\d)|\d{11}(?!\d))"
    r"|(?P<phone>\d{3}\)?[ .-]{0,2}\d{3}[ .-]\d{4}(?!\d))"
    r"|(?P<dilution>1\s?:\s?(?:\d{1,3}(?:,\d{3})++|\d{4,6}|\d{1,3}k\b))"
    r"|(?P<time>(?:[01]?\d|2[0-3]):[0-5]\d(?::\d\d)?(?!\d|\s?(?:mix|ratio|dilution|solution))(?:\s?[ap]\.?m\b)?"
    r"|(?:1[0-2]|[1-9])\s?[ap]\.?m\b)"
    r"|(?P<ratio>(?<!/)\d{1,2}(?:\.\d)?\s?:\s?\d{1,2}(?:\.\d)?(?:\s?:\s?\d{1,2}){0,3}(?![\d:]|\s?(?:mg|m[l1]|cc|mcg|units?|u)\b|\.\d)|50\s?[/-]\s?50(?!\d)"
    r"|(?:1/1|2/1|[1-9]\s?(?:to|-to-|part to)\s?1)(?=\s(?:mix|ratio|solution|combination|dilution|blend|with)))"
    r"|(?P<score>\d{1,2}(?:\.\d)?(?:\s?-\s?\d{1,2})?\s?(?:/|out of)\s?10(?![\d./]))"
    r"|(?P<grade>[0-5][+-]?\s?/\s?5(?![\d.%/]))"
    r"|(?P<pressure>\d{2,3}\s?/\s?\d{2,3}(?![\d/%.]))"
    r"|(?P<code>\d{5}(?:-(?:rt|lt|\d\d)\b)?(?!\d|[.,]\d|\s?(?:units?|u\b|m[gl])))"
)

# A number, or a range of two.
NUMBERS = re.compile(
    rf"(?P<first>{NUMBER})"
    rf"(?:\s?(?:-|(?<=\s)(?:to|or)(?=\s))\s?(?P<second>{DIGITS}|{SPELLED})(?!\s?[/x]\s?\d|:|\d))?"
)

_VOLUME = (
    r"(?:m[l1|]s?|mi(?=\s)|rnl|ccs?|c\.c\.?|m\.l\.?|c c\b|millilit(?:er|re)s?|cubic centimet(?:er|re)s?|mils?\b)"
    r"(?:'s)?(?![a-z]|\s?/\s?(?:min|h))"
)
_STRENGTH = (
    r"(?P<cmass>mg|mcg|[uµμ]g|units?|u|iu|meq|gm?|grams?|milligrams?|micrograms?)s?"
    r"\s?(?:(?:/|per)\s?(?:an?\s|each\s)?(?P<cvol>\d{0,2}(?:\.\d)?)|in\s(?P<cin>1))\s?(?:m[l1]|cc|millilit(?:er|re))s?(?![a-z])"
)

# What the number counts or measures: the unit right behind it.
UNIT = re.compile(
    r"(?:(?!\n[ \t]*\n)[\s_-]){0,3}(?:"
    rf"(?P<volume>{_VOLUME})"
    rf"|(?P<strength>{_STRENGTH})"
    r"|(?P<mass>(?:mcg|[uµμ]g|micrograms?|milligrams?|mgs?|m\.g\.|grams?|gms?)(?:'s)?(?![a-z]|\s?/\s?kg))"
    r"|(?P<units>(?:units?|iu|i\.u\.|u)(?:'s)?(?![a-z']|\.[a-z]|-?\d))"
    r"|(?P<meq>meqs?(?![a-z]))"
    r"|(?P<percent>%|percent\b|per cent\b|pct\b)"
    r"|(?P<gauge>(?:gauge|gage|guage|gauze|ga|g)(?![a-z]))"
    r"|(?P<length>(?:inch(?:es)?\b|in\b(?=\.?[\s,;-]{0,2}(?:needle|long|length|spinal|x\b|\d\d?\s?g))|in\.(?!\s?[a-z])"
    r"|\"|''|mm\b(?!\s?hg)|cm\b|centimeters?\b|millimeters?\b))"
    r"|(?P<time>(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|wks?|months?|mos?|years?|yrs?|y/?o|y\.o\.)(?![a-z]))"
    r"|(?P<degree>°|degrees?\b|deg\b)"
    r"|(?P<pressure>mm\s?hg)"
    r"|(?P<rate>bpm\b|beats\b|/min\b)"
    r"|(?P<weight>(?:kgs?|lbs?|pounds?|kilograms?|ounces?|oz)(?![a-z]))"
    rf"|(?P<count>{_ADJECTIVE}(?P<noun>{NOUN}|of (?:them|these|those)\b))"
    r")"
)

# Behind an amount.
EACH = re.compile(
    r"[\s,;:()]{0,3}(?:(?:was|were)\s)?(?:(?:injected|deposited|infiltrated|given|administered|placed|delivered|used)\s)?"
    r"(?:(?:(?:in)?to|at|in|for|per|with|of)\s)?(?:"
    r"(?:each|every)(?!\s(?:other|of which|time|containing|drug|medication|agent|anesthetic)\b)"
    r"(?:\s(?:of\s)?(?:the\s|these\s|those\s|my\s)?(?:(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|different|separate|"
    r"identified|marked|above|above-listed|following|listed|aforementioned|individual|needle|trigger|tender|palpable|palpated|myofascial|muscle|injection|"
    r"mapped|taut|painful|active|such|bilateral|left|right|designated|named|described|selected|noted|distinct|affected|involved|above-mentioned|mentioned|muscular)\s){0,4}?(?P<each>site|spot|point|location|area|trigger|tp|trp|muscle|side|level|injection|place|pass)s?\b)?"
    r"|(?:per|/|a(?=\s(?:site|spot|point|side|stick|muscle)\b))\s?(?:(?:trigger|tender|injection|needle|individual)\s)?"
    r"(?P<per>site|spot|point|location|area|tp|trp|muscle|side|level|injection|inj|stick|trigger|tpi|pass|place)s?\b(?!\s?(?:vol\w*|dose|amount)?\s?[:=])"
    r"|apiece\b|ea\b\.?|a piece\b)"
)
ALIQUOT = re.compile(r"[\s-]{0,2}(?:aliquots?|increments?|boluses|bolus|deposits|portions)\b")
TIMES = re.compile(
    rf"[\s,()]{{0,3}}(?:x|\*|times)\s?(?P<n>\d{{1,2}}|{SPELLED})"
    r"(?!\d|[./]\d|\s?(?:cc|ml|mg|%|inch|in\b|\"|cm|mm|days?|weeks?|wks?|months?|min|hours?|years?|yrs?))\)?"
    rf"(?:\s?{_ADJECTIVE}(?P<noun>{NOUN}))?"
)
# "2 x 1 mL": so many times the amount
TIMES_BEFORE = re.compile(r"(?<![\d./#])(?P<n>\d{1,2})\s?(?:pts?|points?|sites?|sticks?|inj\w*|spots?|tps?)?\s{0,2}(?:x|@|of)\s?$")
TIMES_HERE = re.compile(r"(?<![a-z])x\s?" + TIMES.pattern.partition(r"times)\s?")[2])
TOTAL_AFTER = re.compile(
    r"[ ,(]{0,3}(?:(?:was|were)\s)?(?:in\s|as\sa\s)?(?:total|altogether|in all(?!\s[a-z])|all together|combined|all told|(?P<used>(?:used|expended|utili[sz]ed)(?!\s(?:in|at|for|on|to|into|per|each|with|as|from|by)\b)))(?![a-z])"
    r"(?(used)|(?!\s(?:of\s)?\d|\sof\s(?:one|two|three|four|five|six|seven|eight|nine|ten)|\s?[:=-]|\s(?:sites?|injections?|number|of\s?:)))"
    r"(?:\s(?:volume|dose|injected))*"
)
CONTAINER = re.compile(
    r"(?:[ -]{0,2}|\n[ ]{0,12})(?:(?:control|luer|lock|luer-lock|single|dose|single-dose|single-use|use|multi|multidose|multi-dose|sterile|"
    r"plastic|disposable|glass|size|bd|3-ring|slip-tip)[\s-]){0,3}(?:syringes?|vials?|bottles?|ampules?|ampoules?|amps?|bags?)\b(?!\s(?:was\s|is\s)?(?:empt|complete))"
)
WASTED_AFTER = re.compile(
    r"[ ,(]{0,3}(?:(?:of|the|was|were|is|being|remaining|remained|left|over|leftover|unused|then|drug|medication|medicine|solution|goes|went|"
    r"from|in|to|into|syringe|sharps|vial|and|toxin|botox|it|mixture|excess|extra|amount|remainder)[\s,]{1,2}){0,7}"
    r"(?:wasted|discarded|wastage|waste|disposed|thrown (?:away|out)|unused|left over|not used)\b(?!\s?[:=])"
)
HOME_DOSE = re.compile(
    r"[\s,]{0,2}(?:(?:tabs?|tablets?|caps?|capsules?|delayed release|er|xr|sr|pill|one|1|take)\s){0,4}"
    r"(?:po\b|p\.o\.|oral(?:ly)?\b|by mouth|tabs?\b|tablets?\b|caps?\b|capsules?\b|bid\b|b\.i\.d|tid\b|t\.i\.d|qid\b|qhs\b|qd\b"
    r"|qam\b|qpm\b|q\.?\s?\d|daily\b|nightly\b|weekly\b|monthly\b|a (?:day|week|month)\b|per (?:day|week|month)\b|/\s?(?:day|week|wk|month|mo)\b|once weekly\b|at bedtime|at night|prn\b|every\s(?:\d|day|night|morning|other|six|four|eight|"
    r"twelve)|twice\b|once (?:a|daily)|three times|two times)"
)
# A count behind which stands how often it was given: "2 sticks a side".
COUNT_PER = re.compile(r"\s(?:(?:a|per|each|on each|on either|to each|/)\s?(?P<side>side)|(?P<both>bilaterally)|(?:per|in each|for each|each)\s(?P<muscle>muscle)|(?P<each>each|apiece|ea)\b)")
# "every one of the four": a number without a noun that counts sites
OF_EACH_BEFORE = re.compile(r"\b(?:each|every one|all) (?:one )?(?:of )?(?:the|these|those|my)\s$")
# Limits, not amounts given: "max 300 mg", "toxic dose (4.5 mg/kg) = 261 mg".
LIMIT_BEFORE = re.compile(r"\b(?:max(?:imum)?(?=\s?[=:]|\s(?:safe|dose|allow\w*|recommended|for|per|wt|daily|lido\w*|is|of)\b)|dose limit|limit of|toxic dose|ceiling)(?:[^.;\n]|\.\d){0,56}$")
# Volumes that are no injectate: blood, urine, what was drawn off, contrast, rinses.
FLUID_BEFORE = re.compile(
    r"\b(?:ebl|blood loss|bleeding|voided|voids?|pvr|residual|urine|output|aspirated|drained|removed|yielded|lavage\w*|irrigat\w*|flush\w*|contrast|effusion)\b"
    r"(?:\s?(?:was|were|is|of|about|approximately|approx\.?|less|than|minimal|estimated|volume|total|with|[:=<~(,-])){0,4}\s?$"
)
# "6 mL of the 10 mL": the second is what was there
PART_OF = re.compile(r"(?:cc|m[l1])s?\s(?:left |remaining |out )?(?:out )?of\s(?:the|that|a)\s$")
FLUID_AFTER = re.compile(
    r"\s?(?:of\s)?(?:(?:clear|yellow|serous|bloody|straw|straw-colou?red|synovial|cloudy|turbid|non-?ionic|iv|iodinated|water-soluble|blood[- ]tinged|lactated)[\s,-]{1,2}){0,3}"
    r"(?:fluid|aspirate|urine|blood|effusion|straw|omnipaque|isovue|iohexol|iopamidol|contrast|gadolinium|magnevist|dye|ringer|lr\b|bolus|via foley|void)"
)

RELIEF = re.compile(
    r"\s?-?\s?(?:(?:of|pain|symptom|overall|or|more|greater|sustained|temporary|immediate)\s){0,3}"
    r"(?:relief|improv|better|reduc|decreas|pain\b|of\s(?:the|her|his|their|normal|time|predicted)\b|benefit|rom\b|on\s(?:room|ra)\b"
    r"|ra\b|complian|less\b|more\b|resol|sat\b|normal\b(?!\ssaline)|effective|disab|impair|decline|greater)"
)

# Before a number; each is searched in the few words that precede it and must end there.
CONTAINER_BEFORE = re.compile(r"\b(?:vials?|syringes?|bottle)(?:\s(?:size|used))?\s?[:=]\s?$")
TOTAL_BEFORE = re.compile(
    r"(?:\btot(?:al(?:ing|ling|ed|s)?)?\.?|\baltogether|\bin all|\bsum|\bvolume used|=|\b(?:the|used|all) (?:full|entire|whole)|\ball(?: of the)?(?=\s$))"
    r"(?:\s(?:volume|dose|amount|quantity|vol\.?|injectate|of (?:the )?(?:injectate|solution|medication|mixture|medicine|local|"
    r"anesthetic|drug|botox|toxin|injected|volume))){0,3}"
    r"(?:\s(?:injected|used|given|administered|delivered|infiltrated|instilled|for (?:the|this) (?:session|procedure|visit|part|portion|side)|today|was|is|were|"
    r"amount|being|came to|accordingly|therefore|thus|then|so|both|all|sites?|together)){0,3}"
    r"\s?(?:of|:|=|-)?\s?(?:approximately|about|approx\.?|roughly|only|just)?[\s(]{0,2}$"
)
WASTED_BEFORE = re.compile(
    r"\b(?:wasted|discarded|wastage|waste|disposed of|unused|remaining|left over|remainder)"
    r"(?:\s(?:amount|volume|dose|drug|of|the|approximately|was|about)){0,4}\s?[:=(-]{0,2}\s?$"
)
EACH_BEFORE = re.compile(
    r"(?:\beach\b|(?:\bper|\bvolume at each|/)\s?(?:trigger )?(?:site|point|injection|muscle|tp|spot|side|location)s?)"
    r"\??(?:\s(?:volume|dose|amount)|\swith|\sreceived|\sreceiving|\sgot)?[ \t]{0,12}[:=-]?[ \t]{0,12}(?:approximately|about|with)?\s?$"
)
NUMBERED = re.compile(
    r"(?:(?:number|no\.?|#|count|total|quantity)\s?(?:of\s)?"
    r"(?:(?:the|different|separate|distinct|individual|muscles?|trigger|tender|myofascial|total|tp|needle|all)\s){0,3}"
    rf"|\b(?:(?:total|trigger|muscle)\s)?)(?P<noun>{NOUN})"
    r"(?:\s(?:injected|treated|performed|given|done|today|were|used)){0,3}\s?[:=?-]\s?$"
)
# "trigger points x 6" counts sites, though the noun stands before the number
NOUN_BEFORE = re.compile(rf"(?P<noun>{NOUN})\s?\(?\s?$")
TOTAL_COUNT_BEFORE = re.compile(r"\btotal(?:\snumber)?\sof\s$|\bn\s?=\s?$")
CODE_BEFORE = re.compile(
    r"\b(?:lot|ndc|exp|expir(?:ation|y|es?)|cpt|icd(?:-?10)?|mrn|acct|account|phone|fax|tel|ext|room|page|serial)"
    r"(?:\s?(?:no|number|code|date|#))?\.?\s?[:#=]{0,2}\s?(?:#\s?)?$"
)
GAUGE_BEFORE = re.compile(r"(?:\bneedles?(?: size| gauge)?|\bgauge)\s?[:=#-]?\s?#?$|#$")

# A plain number and the word or sign behind it. Most numbers of a note are followed by something that no other pattern
# knows; one look at it saves trying them all.
QUICK = re.compile(r"(\d++(?:\.\d++)?+)[ \n\t-]{0,3}+([a-zµμ]++|[^a-z]|$)|[.½¼¾⅓⅔⅛⅜⅝⅞](?:(?<!\.)|(?=\d))")
_WORDS = """
    m ml mls mi rnl cc ccs c milliliter milliliters millilitre millilitres cubic mil mils
    mg mgs mcg ug µg μg milligram milligrams microgram micrograms gram grams gm gms g unit units iu i u meq meqs
    percent per pct gauge gage guage gauze ga inch inches in mm cm centimeter centimeters millimeter millimeters
    second seconds sec secs minute minutes min mins hour hours hr hrs day days week weeks wk wks month months mo mos year years yr yrs y
    degree degrees deg bpm beats kg kgs lb lbs pound pounds kilogram kilograms ounce ounces oz
    injection injections inj site sites spot spots point points trigger triggerpoint triggerpoints trp trps tr tp tps tpi tpis mtrp mtrps pt pts
    location locations area areas places muscle muscles level levels passes sticks insertions region regions knot knots band bands total
    different separate distinct individual discrete of the needle tender myofascial active such painful palpable identified affected more
    additional other bilateral left right mapped marked cervical thoracic lumbar deep taut unique palpated designated
"""
UNIT_WORDS = frozenset((*_WORDS.split(), "%", '"', "°"))
# Behind these a number may still be part of a larger one, a range, a date, a score …
LONGER = frozenset(("to", "or", "out", "and", "x", "half", "one", "two", "three", "four", "five", "a", "am", "p", "pm", "k")) | frozenset(
    "0123456789'/:+.,)½¼¾⅓⅔⅛⅜⅝⅞&_"
)

# The rest of a vertebral level or code behind its letter: "C[2-3]", "T[4/5]", "M[79.18]".
LEVEL_REST = re.compile(
    r"\d{1,4}(?:\.\d{1,4}[a-z]?)?(?:\s?[-/]\s?(?:[ctls]\s?)?\d{1,2}(?![\d.%]|\s?(?:cc|m[lg]|u\b|units)))?"
)
# A scanner's "O.5" and "l%": the letters to look for, and what must follow.
MISREAD_AT = ("o.", "l.", "i.", "l%", "i%")
MISREAD = re.compile(r"(?<![a-z0-9.])(?:o\.\d{1,3}|[li]\.[\do]|[li](?=%))(?=\s?(?:%|m[l1]|cc|mg))")
SPELLED_HERE = re.compile(rf"(?<![a-z0-9_-]){SPELLED}")

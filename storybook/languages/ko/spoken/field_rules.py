"""What falls away from a spoken answer, as tables: see `fields`.

Patterns stand for what is said around the answer, never for the answer itself. `(?<!\\S)` and
`(?!\\S)` are the ends of a word.
"""

from __future__ import annotations

import re
from typing import Final

from storybook.languages.field import Field


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S)(?:{'|'.join(patterns)})[,~\s]*(?!\S)")


def _first(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(patterns)})(?:[,:\s]+|$)")


def _last(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(patterns)})$")


NOT_AN_ANSWER: Final = re.compile(
    r"모르겠|몰라|모릅니다|생각\s*(?:이\s*)?(?:안|나지\s*않)|기억\s*(?:이\s*)?안|아무\s*(?:거나|데나|때나)"
    r"|상관\s*없|못\s*(?:정|골|고르|하겠)|안\s*(?:정했|골랐|할래|들려)|필요\s*없|하기\s*싫"
    # asked back
    r"|다시\s*(?:할|말|한\s*번)|잠깐만|잠시만|뭐라(?:고|\s*했|\s*그랬)|뭐예요|뭔데|무슨\s*말|왜요|못\s*들었"
    r"|^(?:네|예|응|뭐|어|왜)\s*\?+$|어떻게\s*(?:해|하는)|말하면\s*(?:돼|되)|해도\s*돼|들려요|여보세요"
    # what a child wants just now
    r"|화장실\s*(?:에|을|좀)?\s*(?:가|갈|갔|다녀|급)|(?:쉬|똥|응가|오줌)\s*(?:마려|할래|하고\s*싶|나와|쌀)"
    r"|배\s*(?:고파|아파)|목\s*말라|졸려|졸리|심심해|재미없|그만\s*(?:할|하고)"
    r"|물\s*(?:마시고|먹고|마실|주세|줘)|집에\s*(?:가고|갈래|가자|가요)|언제\s*(?:끝|시작)"
    r"|엄마\s*(?:어디|불러|한테\s*갈)|(?:이거|저거)\s*(?:뭐|눌|꺼|켜)"
)
"""Who says this has not answered: it is passed on as it is, and trusted little."""

CORRECTION: Final = re.compile(
    r"(?:[이가]\s*)?,?\s*(?<!\S)(?:아니\s*아니|아니야|아니다|아니요|아니라|아니)(?!\S)[,\s]*"
    r"|(?<!지)\s+말고\s*,?\s+"
)
"""After it stands what is really meant; "싸우지 말고" is no correction."""

AFTER_SENTENCE: Final = re.compile(
    r"(?<=[가-힣])(?:이에요|예요|에요|입니다|이요|(?<![세네구하고])요)\s*,?\s+(?=\S)"
)
"""What ends a statement within an answer: "공룡 시대요 | 공룡 나오는 때"."""
TWO_STATEMENTS: Final = re.compile(r"(?<=[가-힣])(?<!하)[고구]요\s")
"""A name and something else about it: "이름은 지우고요 여자 아이예요" is left to people."""

FILLERS: Final = _words(
    r"음+",
    r"으+음*",
    r"흠+",
    r"어+",
    r"에+",
    r"어음+",
    r"뭐지",
    r"뭐랄까",
    r"뭐더라",
    r"뭐냐",
    r"그니까",
    r"그러니까",
    r"있잖아요?",
    r"글쎄요?",
    r"좀",
    r"그냥",
    r"아마도?",
    r"일단",
    r"약간",
    r"혹시",
    r"음음",
    r"거시기",
)
"""What is said while one thinks, wherever it stands."""

FIRST_FILLERS: Final = _first(
    r"아+",
    r"그+",
    r"저저+",
    r"저기요?",
    r"뭐",
    r"네+(?!\s*(?:마리|명|사람|친구))",
    r"예+",
    r"응+",
    r"자",
    r"와+",
    r"우와",
    r"그럼",
    r"그러면",
    r"그게요?",
    r"이제",
    r"막",
    r"근데",
    r"안녕하세요",
    r"맞다",
    r"맞아요?",
    r"아하",
    r"좋아요?",
)
"""The same, but words of their own elsewhere ("저랑 동생", "곰 네 마리")."""

_WHOSE: Final = r"(?:(?:이야기|동화|책|그림책|이번|우리|제|저희|내|이|그)(?:의|에서)?\s*)*"
_SPEAKER: Final = (
    r"(?:저는|나는|난|전|저희는|우리는|제가|내가|저도|나도)요?",
    r"(?:제|내)\s*생각(?:에는|에|엔|은)",
    r"(?:(?:제|내)가\s*)?(?:원하는|좋아하는|하고\s*싶은)\s*(?:건|것은|거는)",
    r"(?:이번에는|이번엔|오늘은|여기는|여기에는)",
)
LEADS: Final = {
    Field.ERA: _first(
        rf"{_WHOSE}(?:시대적?\s*배경|시간적?\s*배경|시대|시기|때|배경|시간)(?:은|는)요?",
        rf"{_WHOSE}(?:시대|배경)(?:이|가)",
        *_SPEAKER,
        "저",
    ),
    Field.PLACE: _first(
        rf"{_WHOSE}(?:공간적?\s*배경|장소|배경|곳|무대|공간)(?:은|는|으로는|로는)요?",
        rf"{_WHOSE}(?:장소|배경|무대)(?:이|가)",
        *_SPEAKER,
        "저",
    ),
    Field.CHARACTERS: _first(
        rf"{_WHOSE}(?:주인공|등장\s*인물|캐릭터|인물|나오는\s*(?:사람|동물|친구|인물))들?(?:의?\s*이름)?"
        r"(?:은|는|으로는|로는|이|가)요?",
        rf"{_WHOSE}이름(?:은|이)요?",
        *_SPEAKER,
    ),
    Field.TOPIC: _first(
        rf"{_WHOSE}(?:주제|내용|교훈|이야기|동화|책|줄거리|메시지)(?:은|는|으로는|로는)요?",
        *_SPEAKER,
        "저",
    ),
}
"""What comes before the answer, by what is asked."""

_PLEASE: Final = (
    r"(?:주세요|줘요?|주실래요|주시겠어요|주십시오"
    r"|주시면\s*(?:좋겠|감사하겠|고맙겠)\S*|주면\s*(?:좋겠|돼)\S*)"
)
_SEEMS: Final = r"(?:\s*(?:것|거)\s*같\S+)?"
_WISHES: Final = (
    rf"(?:해|만들어|써|적어|그려|들려|보여|넣어|정해|바꿔|골라|지어|시작해|이야기해|얘기해"
    rf"|나오게\s*해|나오도록\s*해)\s*{_PLEASE}",
    r"(?:해|가|써)\s*(?:보자|볼래요?|볼까요?|봐요)",
    r"(?:하|가|보|만나|듣|읽|쓰|만들|알|배우|놀|살|보고)고\s*싶(?:어요?|습니다|은데요?)",
    r"(?:할|갈|쓸|만들|정할|고를|볼)\s*(?:래요?|게요?|거예요|거야|겁니다|까요?|것\s*같아요)",
    r"(?:하자|가자|놀자|하죠|하지요|하겠습니다|하면\s*(?:돼|되|좋|어떨)\S*(?:\s*것\s*같\S+)?)",
    r"(?:했|됐|되었|나왔|있었|갔|들어갔|들었)으면\s*(?:좋겠|해|합니다)\S*",
    r"(?:시작하|나오|있으|살|놀)면\s*(?:좋(?:겠|을)|해)\S*(?:\s*(?:것|거)\s*같\S+)?",
    r"(?<=면)\s*좋(?:겠|을)\S*(?:\s*(?:것|거)\s*같\S+)?",
    rf"(?:(?<=[이가])\s*(?:제일|가장|더)?|\s(?:제일|가장|더))\s*좋\S*{_SEEMS}",
    rf"(?:\s|(?<=[이가도]))\s*(?:제일|가장|더|정말|진짜)?\s*(?:재밌|재미있|멋있|멋져|멋질|신날|예뻐|귀여워)\S*{_SEEMS}",
    r"\s좋(?:아요?|습니다|겠어요?|을\s*(?:것|거)\s*같\S+)",
    r"(?:\s|(?<=[을를도]))(?:제일|가장|더|정말|진짜|많이)?\s*좋아(?:해요?|합니다|하는데요?|하거든요?)",
    r"부탁\s*(?:해요?|합니다|드려요?|드립니다|할게요)",
    r"원(?:해요?|합니다)",
    r"\s*(?:괜찮|나을)(?:아요?|습니다|을\s*(?:것|거)\s*같\S+|\s*(?:것|거)\s*같\S+)",
    r"\s*(?:어때요?|어떨까요?|될까요?|되나요?)",
    r"(?<=라고)\s*(?:생각(?:해요?|합니다|했어요)|해\s*주세요|할게요|해요)",
    r"(?:인|일)\s*(?:것|거)\s*같(?:아요?|습니다|은데요?)",
    r"(?:감사합니다|고맙습니다|고마워요?)",
)
WISHES: Final = {
    Field.ERA: _last(*_WISHES, r"(?:이야기|얘기)(?:이에요|예요|요|입니다)?"),
    Field.PLACE: _last(
        *_WISHES,
        r"(?:에서|에)\s*(?:살아요?|살고\s*있어요?|놀아요?|시작해요?|시작합니다|일어나요?|만나요?)",
    ),
    Field.CHARACTERS: _last(
        *_WISHES,
        r"\s*(?:같이|함께)?\s*(?:나와요?|나옵니다|등장해요?|등장합니다|있어요?|있습니다|나오게요?|살아요?)",
        rf"(?:\s|(?<=[이가은는도]))주인공(?:이에요|예요|이요|이야|입니다|이다|이면|이었으면|으로|{_PLEASE})",
        r"(?:\s|(?<=[이가은는도]))주인공",
    ),
    Field.TOPIC: _last(*_WISHES),
}
"""What is said to wish for it, at the end. After it, the answer's own particle comes to light."""

_TOLD: Final = r"(?:이야기|얘기|동화|그림책|책|내용|주제|스토리|것|거|걸)(?:으로|로|를|을|가|이)?"
TAILS: Final = {
    Field.ERA: _last(
        r"(?:을|를)?\s*배경으로(?:\s*(?:한|하는)\s*(?:이야기|동화)(?:로|를)?)?",
        r"(?:\s*(?:쯤|무렵|즈음|정도))(?:에)?",
        r"(?<=시대)\s*때",
    ),
    Field.PLACE: _last(
        r"(?:을|를)?\s*배경으로(?:\s*(?:한|하는)\s*(?:이야기|동화)(?:로|를)?)?",
        r"(?:에서)\s*(?:일어나는|일어난|벌어지는|펼쳐지는|시작하는|사는)\s*(?:이야기|동화|일)(?:로|를)?",
        r"\s+(?:같은|비슷한)\s*(?:데|곳)",
    ),
    Field.CHARACTERS: _last(
        rf"\s*(?:나오는|등장하는|주인공인)\s*{_TOLD}",
        r"\s*주인공으로(?:\s*(?:한|하는|나오는|해서)\s*(?:이야기|동화)?(?:로|를)?)?",
        rf"(?<=[랑고와과])\s+(?:같이\s+|함께\s+)?\S*[가-힣]는\s+{_TOLD}",
        r"(?<!는)의?\s+(?:이야기|얘기|동화)(?:로|를)?",
        r"\s*(?:이렇게|이렇게요|요렇게)(?:\s*(?:둘|셋|넷|두\s*명|세\s*명|두\s*마리|세\s*마리))?",
    ),
    Field.TOPIC: _last(
        rf"에\s*(?:대한|관한|대해서?|관해서?|대하여|관하여)(?:\s*{_TOLD})?",
        rf"(?:을|를)?\s*(?:주제|소재)로(?:\s*(?:한|하는|된)\s*{_TOLD})?",
        rf"(?:이라는|라는)\s*{_TOLD}",
        rf"(?:을|를)\s*(?:다룬|담은)\s*{_TOLD}",
        r"(?<![는은던한운린란된된쁜])\s+(?:이야기|얘기|동화|주제)(?:으로|로|를|을)?",
        r"(?<=이야기)(?:로|를|가)",
    ),
}
"""What belongs to the sentence rather than to the answer. "서로 돕는 이야기" is one answer: what an
attributive describes stays."""

SENTENCE_ENDS: Final = (
    ("이에요", "예요"),
    ("이예요", "에요"),
    ("이었어요", "였어요"),
    ("이었습니다", "였습니다"),
    ("이거든요", "거든요"),
    ("인데요", "인데요"),
    ("이랍니다", "랍니다"),
    ("이지요", ""),
    ("이죠", "죠"),
    ("하고요", "하고요"),
    ("이고요", ""),
    ("이구요", ""),
    ("으로요", "로요"),
    ("이라고요", "라고요"),
    ("입니다", "입니다"),
    ("이야", "야"),
    ("이요", "요"),
)
"""After a consonant, after a vowel: 숲이에요, 바다예요. After 강아지, 창고 and 지구 stands 요
alone."""

WISHED_PARTICLES: Final = (
    ("이었으면", "였으면"),
    ("이라면", "라면"),
    ("이면", "면"),
    ("이라고", "라고"),
    ("으로", "로"),
    ("을", "를"),
    ("이", "가"),
    ("은", "는"),
    ("이랑", "랑"),
    ("에서는", "에서는"),
    ("에서", "에서"),
    ("에는", "에는"),
    ("에", "에"),
)
"""Particles that end an answer when a wish stood after it: "숲으로 | 해 주세요"."""

_WITH_NAMES: Final = (
    ("이랑", "랑"),
    ("하고", "하고"),
    ("을", "를"),
    ("에게", "에게"),
    ("한테", "한테"),
)
NAMES_PARTICLES: Final = (
    ("이었으면", "였으면"),
    ("이라면", "라면"),
    ("이면", "면"),
    ("이라고", "라고"),
    *_WITH_NAMES,
    ("이", "가"),
    ("은", "는"),
    ("도", "도"),
)
"""Particles that end a name where a wish stood after it: "콩순이가 | 나왔으면 좋겠어요"."""
GOAL: Final = (("으로", "로"),)
"""Before what is done with a name ("토끼로 | 해 주세요"), but not before what the named one does
("뽀로로 | 나오게 해 줘")."""
DONE_BY_THE_NAMED: Final = re.compile(
    r"[이가은는도\s]*(?:제일|가장|더|같이|함께|주인공)?\s*(?:나오|나왔|나와|나옵|등장|있|살|좋|재미|재밌|멋|신나|예뻐|귀여|괜찮"
    r"|보고|만나|주인공|얘기|이야기)"
)

TOLD_PARTICLES: Final = (*_WITH_NAMES, ("", "가"), ("도", "도"))
"""Particles that end a name at the end of a sentence: "콩순이가 | 요"."""

BARE_PARTICLES: Final = {
    Field.ERA: (("으로", ""), ("에서", "에서"), ("에는", "에는"), ("에", "에"), ("", "를")),
    Field.PLACE: (
        ("으로", ""),
        ("에서는", "에서는"),
        ("에서", "에서"),
        ("에는", "에는"),
        ("에", "에"),
        ("", "를"),
    ),
    Field.CHARACTERS: (("이랑", "랑"), ("하고", "하고"), ("", "를"), ("에게", "에게")),
    Field.TOPIC: (("으로", ""), ("", "를"), ("에서", "에서")),
}
"""Particles that end an answer with nothing after it. Only what ends no word of its own: 마을 and
치와와 stay."""

VERBAL_END: Final = re.compile(
    r"(?:않아|싫어|많아|놀아|살아|알아|찾아|받아|같아|싸워|도와|배워|지내|떠나|생겨|이겨"
    r"|(?<!지중)[가-힣]{2}해|나와|되어|돼|줘)요$"
)
"""A sentence with a verb of its own is no answer in one word, and keeps its 요; so does whatever
ends in a past tense (ㅆ and 어요)."""

NOUNS_IN_I: Final = (
    "놀이",
    "높이",
    "깊이",
    "길이",
    "먹이",
    "나들이",
    "집들이",
    "어린이",
    "젊은이",
    "늙은이",
    "걸이",
    "벌이",
    "맞이",
    "둥이",
    "팽이",
    "렁이",
    "챙이",
    "엉이",
    "뚱이",
    "똘이",
    "지팡이",
    "덩이",
    "맹이",
    "쟁이",
    "송이",
    "사이",
    "아이",
)
"""Ends of words whose 이 is their own: 놀이요 is 놀이, 숲이요 is 숲. Characters are in the
lexicon."""

WHOLE_WORDS: Final = frozenset(
    (
        *("동요", "가요", "민요", "고요", "담요", "필요", "중요", "수요"),
        *("광야", "평야", "분야", "미로", "도로", "통로", "항로"),
    )
)
"""Words that end like something that falls away."""

LONG_AGO: Final = re.compile(
    r"(?:아주\s*)?(?:먼\s*)?(?:옛날|예전|과거)(?:에|의)?\s*(?:옛적에?\s*)?,?\s+(?=.*(?:시대|왕조|세기|\d+년|조선|고려|신라))"
)
"""Says nothing beside the name of an era."""

LIST_SIGNS: Final = re.compile(r"\s*[,，、/&+]\s*(?:그리고\s+)?|\s+(?:그리고|또|및|하고)\s+")
APPEARING: Final = re.compile(r"\s*(?:나오고|등장하고|있고)요?\s+")
TOGETHER_AT_END: Final = re.compile(r"\s*(?<!\S)(?:다\s*)?(?:같이|함께|모두|다)$")

LINKS: Final = (("이랑", "랑"), ("하고", "하고"), ("과", "와"))
TOGETHER: Final = (
    "함께",
    "같이",
    "닮은",
    "비슷한",
    "친한",
    "똑같은",
    "다른",
    "사이좋은",
    "노는",
    "싸우는",
)
"""After a joining particle these make one character of two: "토끼와 함께 사는 곰"."""
ATTRIBUTIVE: Final = re.compile(r"[는은던한운린란된쁜많큰긴쓴탄]$")

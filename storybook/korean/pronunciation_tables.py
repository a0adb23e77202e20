"""What `pronunciation` knows by heart: counters, particles, units, letters and signs.

A table that is only ever part of a regular expression is written as an alternation.
"""

from __future__ import annotations

from typing import Final


def _pairs(signs: str, names: str) -> dict[str, str]:
    return dict(zip(signs, names.split(), strict=True))


LETTERS: Final = _pairs(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "에이 비 씨 디 이 에프 지 에이치 아이 제이 케이 엘 엠 엔 오 피 큐 알 에스 티 유 브이 "
    "더블유 엑스 와이 제트",
)
JAMO: Final = _pairs(
    "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ",
    "기역 쌍기역 니은 디귿 쌍디귿 리을 미음 비읍 쌍비읍 시옷 쌍시옷 이응 지읒 쌍지읒 치읓 키읔 "
    "티읕 피읖 히읗 아 애 야 얘 어 에 여 예 오 와 왜 외 요 우 워 웨 위 유 으 의 이",
)
LAUGHS: Final = {"ㅋ": "크", "ㅎ": "흐"}
DIGITS_AFTER_A_LETTER: Final = _pairs(
    "0123456789", "제로 원 투 쓰리 포 파이브 식스 세븐 에이트 나인"
)

LONG_COUNTERS: Final = (
    "번째|마리|송이|그루|켤레|자루|가지|바퀴|걸음|시간|사람|군데|마디|방울|조각|모금|그릇|접시|상자|"
    "바구니|다발|포기|뿌리|발짝|발자국|숟가락|스푼|꼬집|움큼|아름|가닥|꾸러미|봉지|가마니|무더기|"
    "친구|아이|소년|소녀|동물|자매|가족|갈래|고개|달음|차례|토막|두름|돌담"
)
SHORT_COUNTERS: Final = (
    "개|명|살|시|번|권|장|채|병|잔|대|척|벌|달|줄|곳|쌍|배|끼|밤|해|발|칸|겹|통|컵|판|편|곡|팀|알|톨|"
    "입|술|짝|돌|필|단|뼘|폭|손|말|돈|푼|되|냥|섬|근|자(?!\\s?(?:회담|대면|통화|구도|간))"
)
"""Native counters of one syllable, which are also the beginning of other words."""

OPEN_MEASURES: Final = frozenset("말돈푼")
CLOSED_MEASURES: Final = frozenset("되냥섬자")
"""Before these three and four are 서 and 너, and 석 and 넉."""

NUMBERED_BY: Final = (
    "개월|년|월|일|층|도|원|분|초|세|등|호|반|학년|주|회|점|인분|페이지|쪽|미터|센티미터|킬로미터|"
    "킬로그램|그램|리터|퍼센트|달러|인용|킬로"
)
"""Common Sino-Korean counters. They take the numeral that is the default; the table tells what
belongs to the numbers of a range (3~5층) and that a number is not part of a name (B2층)."""

DATES: Final = r"4\.19|5\.18|6\.25|8\.15"
"""Days that are called by their date, whatever stands after them."""
CALLED_BY_DATE: Final = (
    "절|전쟁|동란|사변|사태|사건|운동|민주|민중|만세|혁명|의거|항쟁|광복|독립|선언|학생|정변|쿠데타"
    "|참사|테러|때"
)
"""What a day is the date of: 3.1절, 6.25 전쟁, 12.12 사태."""

CALLED_DIGIT_BY_DIGIT: Final = frozenset(("112", "114", "117", "118", "119"))
"""Numbers to call for help: 119에 → 일일구에."""

NOUNS_WITH_A_NUMBER: Final = (
    "버스|출구|문제|타자|선수|국도|트랙|자리|손님|문(?![가-힣])|방(?![가-힣])|칸|노선|채널|승강장"
)
"""After these 번 is a number, not a count: 2번 버스 → 이 번 버스."""

PARTICLES: Final = (
    "은|는|이|가|을|를|의|에|도|만|과|와|로|으로|에서|에게|한테|께|께서|처럼|만큼|보다|까지|부터|마다|"
    "하고|이랑|랑|이나|나|이라도|라도|이란|란|밖에|뿐|씩|쯤|째|정도|짜리|들|동안|같이|야|이야|요|이요|"
    "다|이다|라|이라|라고|이라고|라는|이라는|고|이고|며|이며|인데|예요|이에요|였|였어요|이었|이었어요|"
    "입니다|든|이든|든지|든가|라서|이라서|지만|이지만|죠|이죠|네|네요|이네요"
)

UNITS: Final = {
    "kg": "킬로그램",
    "mg": "밀리그램",
    "g": "그램",
    "t": "톤",
    "km": "킬로미터",
    "cm": "센티미터",
    "mm": "밀리미터",
    "m": "미터",
    "km2": "제곱킬로미터",
    "cm2": "제곱센티미터",
    "m2": "제곱미터",
    "cm3": "세제곱센티미터",
    "m3": "세제곱미터",
    "ha": "헥타르",
    "ft": "피트",
    "mL": "밀리리터",
    "ml": "밀리리터",
    "dL": "데시리터",
    "dl": "데시리터",
    "kL": "킬로리터",
    "L": "리터",
    "l": "리터",
    "cc": "시시",
    "kcal": "킬로칼로리",
    "cal": "칼로리",
    "dB": "데시벨",
    "Hz": "헤르츠",
    "kHz": "킬로헤르츠",
    "MHz": "메가헤르츠",
    "GHz": "기가헤르츠",
    "kW": "킬로와트",
    "W": "와트",
    "V": "볼트",
    "KB": "킬로바이트",
    "MB": "메가바이트",
    "GB": "기가바이트",
    "TB": "테라바이트",
    "px": "픽셀",
    "%p": "퍼센트포인트",
    "%": "퍼센트",
    "$": "달러",
    "₩": "원",
    "€": "유로",
    "£": "파운드",
    "¥": "엔",
    "°": "도",
}
MONEY: Final = "$₩€£¥"
SPEEDS: Final = {"km/h": "시속", "m/h": "시속", "km/s": "초속", "m/s": "초속", "m/min": "분속"}
SCALES: Final = {"°C": "섭씨", "°F": "화씨"}
OPERATORS: Final = {
    "+": "더하기",
    "-": "빼기",
    "−": "빼기",
    "×": "곱하기",
    "x": "곱하기",
    "*": "곱하기",
    "÷": "나누기",
}
SIGNS: Final = {
    "&": " 그리고 ",
    "@": " 골뱅이 ",
    "#": " 샵 ",
    "+": " 플러스 ",
    "%": " 퍼센트 ",
    "°": " 도 ",
    "×": " 곱하기 ",
    "÷": " 나누기 ",
    "±": " 플러스마이너스 ",
    "$": " 달러 ",
    "₩": " 원 ",
    "€": " 유로 ",
    "£": " 파운드 ",
    "¥": " 엔 ",
    "α": " 알파 ",
    "β": " 베타 ",
    "π": " 파이 ",
    "Ω": " 옴 ",
    "·": ", ",
    "ㆍ": ", ",
    "・": ", ",
    "•": ", ",
    ":": ", ",
    ";": ", ",
    "—": ", ",
    "―": ", ",
    "–": ", ",
    "、": ", ",
    "。": ". ",
}
SPELLINGS: Final = {
    "MP3": "엠피쓰리",
    "MP4": "엠피포",
    "2D": "투디",
    "3D": "쓰리디",
    "4D": "포디",
    "5G": "파이브지",
    "H2O": "에이치투오",
    "CO2": "씨오투",
    "No.1": "넘버원",
    "K-POP": "케이팝",
    "K-pop": "케이팝",
    "Wi-Fi": "와이파이",
    "WiFi": "와이파이",
    "NASA": "나사",
    "NATO": "나토",
    "FIFA": "피파",
    "UNESCO": "유네스코",
    "UNICEF": "유니세프",
    "STOP": "스톱",
    "LOVE": "러브",
    "ZOO": "주",
}
"""Spellings that are words of their own in Korean."""

"""Numbers, counters, units, abbreviations and signs are read as Korean reads them."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storybook.korean.numerals import native, sino
from storybook.korean.pronunciation import read_korean

READINGS = {
    # Native numerals before native counters.
    "1권": "한 권",
    "책 1권": "책 한 권",
    "2권을": "두 권을",
    "3개를": "세 개를",
    "3 개": "세 개",
    "4개나": "네 개나",
    "5개씩이나": "다섯 개씩이나",
    "6마리": "여섯 마리",
    "7마리의 염소": "일곱 마리의 염소",
    "20살": "스무 살",
    "21살": "스물한 살",
    "8살짜리": "여덟 살짜리",
    "21명": "스물한 명",
    "30명": "서른 명",
    "44명": "마흔네 명",
    "55명": "쉰다섯 명",
    "66명": "예순여섯 명",
    "77명": "일흔일곱 명",
    "88명": "여든여덟 명",
    "99명": "아흔아홉 명",
    "100명": "백 명",
    "101마리": "백한 마리",
    "120명": "백스무 명",
    "12345명": "만 이천삼백마흔다섯 명",
    "1만 명": "만 명",
    "9송이": "아홉 송이",
    "10그루": "열 그루",
    "11채": "열한 채",
    "2켤레": "두 켤레",
    "3병": "세 병",
    "2잔": "두 잔",
    "3대": "세 대",
    "30대 엄마": "삼십 대 엄마",
    "2척": "두 척",
    "3벌": "세 벌",
    "4자루": "네 자루",
    "5가지": "다섯 가지",
    "3바퀴": "세 바퀴",
    "열 걸음": "열 걸음",
    "10걸음": "열 걸음",
    "24시간": "스물네 시간",
    "3달": "세 달",
    "3장": "세 장",
    "2장미": "이 장미",
    "7조각": "일곱 조각",
    "2배": "두 배",
    "3번": "세 번",
    "2번 버스": "이 번 버스",
    "3번 출구로": "삼 번 출구로",
    "1번째": "첫 번째",
    "2번째": "두 번째",
    "21번째": "스물한 번째",
    "첫 번째": "첫 번째",
    "1.5개": "일 점 오 개",
    "0개": "영 개",
    "2사람": "두 사람",
    "3, 4명": "서너 명",
    "2,3개": "두세 개",
    "5, 6마리": "대여섯 마리",
    "3, 5명": "세, 다섯 명",
    "3대 1": "삼 대 일",
    "트럭 3대 2개": "트럭 세 대 두 개",
    "20여 명": "이십여 명",
    "100여마리": "백여 마리",
    "1인 2역": "일 인 이 역",
    # The clock.
    "3시": "세 시",
    "3시 30분": "세 시 삼십 분",
    "12시": "열두 시",
    "14시": "십사 시",
    "0시": "영 시",
    "2:30": "두 시 삼십 분",
    "오후 2:05에": "오후 두 시 오 분에",
    "12:00": "열두 시",
    "14:30": "십사 시 삼십 분",
    "1:02:03": "한 시 이 분 삼 초",
    "3:2": "삼 대 이",
    "1:1로": "일 대 일로",
    "3시쯤": "세 시쯤",
    "05분": "오 분",
    # Sino-Korean numerals before all else.
    "2026년": "이천이십육 년",
    "1392년에": "천삼백구십이 년에",
    "1990년대": "천구백구십 년대",
    "2026년 5월 6일": "이천이십육 년 오월 육일",
    "5월 6일": "오월 육일",
    "6월": "유월",
    "10월": "시월",
    "10월 10일": "시월 십일",
    "12월 25일에": "십이월 이십오일에",
    "03월": "삼월",
    "3일 동안": "삼 일 동안",
    "2026-05-06": "이천이십육 년 오월 육일",
    "2026.5.6.": "이천이십육 년 오월 육일",
    "3층": "삼 층",
    "1등": "일 등",
    "1등을": "일 등을",
    "1위": "일 위",
    "3개월": "삼 개월",
    "2학년 3반": "이 학년 삼 반",
    "2인분": "이 인분",
    "15세": "십오 세",
    "제1회": "제일 회",
    "제 3장": "제삼 장",
    "100점": "백 점",
    "30초": "삼십 초",
    "1주일": "일 주일",
    "2도": "이 도",
    "7은 행운의 숫자": "칠은 행운의 숫자",
    "2와 3": "이와 삼",
    "정답은 3이에요": "정답은 삼이에요",
    "0": "영",
    "10": "십",
    "11": "십일",
    "111": "백십일",
    "1000": "천",
    "10000": "만",
    "2000": "이천",
    "110,000": "십일만",
    "100000000": "일억",
    "1234567890": "십이억 삼천사백오십육만 칠천팔백구십",
    "007": "공공칠",
    "1,000원": "천 원",
    "1,000, 2,000": "천, 이천",
    "10만 원": "십만 원",
    "10만원": "십만 원",
    "3만5천": "삼만오천",
    "1천 명": "천 명",
    "3만큼": "삼만큼",
    "1만 2천 원": "만 이천 원",
    "3천5백원": "삼천오백 원",
    "3억 1천만": "삼억 천만",
    # Decimals, fractions, sums.
    "3.5": "삼 점 오",
    "3.14는": "삼 점 일사는",
    "0.05": "영 점 영오",
    "1/2": "이분의 일",
    "3/4을": "사분의 삼을",
    "1½": "일과 이분의 일",
    "2 1/3": "이와 삼분의 일",
    "10분의 1": "십분의 일",
    "10분의 1로": "십분의 일로",
    "2×3": "이 곱하기 삼",
    "2 x 3": "이 곱하기 삼",
    "6÷2=3": "육 나누기 이는 삼",
    "1+1=2": "일 더하기 일은 이",
    "5-3=2": "오 빼기 삼은 이",
    "5 - 3": "오 빼기 삼",
    "3~5명": "세 명에서 다섯 명",
    "3명~5명": "세 명에서 다섯 명",
    "3-5살": "세 살에서 다섯 살",
    "10~20%": "십 퍼센트에서 이십 퍼센트",
    "1~2학년": "일 학년에서 이 학년",
    "2:00~3:30": "두 시에서 세 시 삼십 분",
    "3~5월": "삼월에서 오월",
    "1~3": "일에서 삼",
    "-5도": "영하 오 도",
    "-3℃": "영하 삼 도",
    "+7도": "영상 칠 도",
    "-7": "마이너스 칠",
    # Units and money.
    "10%": "십 퍼센트",
    "100%의": "백 퍼센트의",
    "3%p": "삼 퍼센트포인트",
    "25℃": "섭씨 이십오 도",
    "90°": "구십 도",
    "77°F": "화씨 칠십칠 도",
    "5kg": "오 킬로그램",
    "5㎏": "오 킬로그램",
    "5 kg을": "오 킬로그램을",
    "300g": "삼백 그램",
    "10km": "십 킬로미터",
    "10km/h": "시속 십 킬로미터",
    "3m/s": "초속 삼 미터",
    "1.5m": "일 점 오 미터",
    "7cm": "칠 센티미터",
    "2mm": "이 밀리미터",
    "33㎡": "삼십삼 제곱미터",
    "5m²": "오 제곱미터",
    "500mL": "오백 밀리리터",
    "2L": "이 리터",
    "100kcal": "백 킬로칼로리",
    "16GB": "십육 기가바이트",
    "$5": "오 달러",
    "5$": "오 달러",
    "$10만": "십만 달러",
    "₩1,000": "천 원",
    "€10": "십 유로",
    # Codes and names.
    "010-1234-5678": "공일공 일이삼사 오육칠팔",
    "02-345-6789": "공이 삼사오 육칠팔구",
    "010 1234 5678": "공일공 일이삼사 오육칠팔",
    "119": "일일구",
    "119에 전화": "일일구에 전화",
    "119쪽": "백십구 쪽",
    "1588-1234": "일오팔팔 일이삼사",
    "3·1절": "삼일절",
    "6·25": "육이오",
    "#1": "샵 일",
    "Ⅲ": "삼",
    "３개": "세 개",
    "①": "일",
    # Latin letters.
    "DNA": "디엔에이",
    "DNA를": "디엔에이를",
    "TV": "티브이",
    "TV에서": "티브이에서",
    "AI": "에이아이",
    "KTX": "케이티엑스",
    "U.S.A.": "유에스에이",
    "A": "에이",
    "A~Z": "에이에서 제트",
    "MP3": "엠피쓰리",
    "3D": "쓰리디",
    "H2O": "에이치투오",
    "A4": "에이 포",
    "A4용지": "에이 포 용지",
    "B2층": "비 이 층",
    "KF94": "케이에프 구십사",
    "NASA의": "나사의",
    "K-POP": "케이팝",
    "R&B": "알앤비",
    "HELLO": "헬로",
    "Tom": "톰",
    "hello": "헬로",
    "Tom의 집": "톰의 집",
    "don't": "돈트",
    "Tom3": "톰 삼",
    "tom@naver.com": "톰 골뱅이 네이버 닷 컴",
    "T-rex": "티렉스",
    "T-rex가": "티렉스가",
    "X-ray": "엑스레이",
    "Mike와 Peter": "마이크와 피터",
    "Maria": "마리아",
    "jungle book": "정글 북",
    "Tom는": "톰은",
    "Mike이 왔어요": "마이크가 왔어요",
    # Particles agree with what is read.
    "25kg예요": "이십오 킬로그램이에요",
    "25kg이에요": "이십오 킬로그램이에요",
    "3m이에요": "삼 미터예요",
    "50%이에요": "오십 퍼센트예요",
    "25℃이었어요": "섭씨 이십오 도였어요",
    "섭씨 25℃": "섭씨 이십오 도",
    "5kg가 되었다": "오 킬로그램이 되었다",
    "7kg과 3m와": "칠 킬로그램과 삼 미터와",
    "10km은": "십 킬로미터는",
    "DNA은": "디엔에이는",
    "TV을": "티브이를",
    "2은": "이는",
    "3이에요": "삼이에요",
    "종로 3가에서": "종로 삼가에서",
    # Days that are called by their date.
    "3.1절": "삼일절",
    "3.1 운동": "삼일 운동",
    "6.25 전쟁": "육이오 전쟁",
    "6.25 때": "육이오 때",
    "6.25kg": "육 점 이오 킬로그램",
    "8·15": "팔일오",
    "8.15 광복절": "팔일오 광복절",
    "4.19 혁명": "사일구 혁명",
    "12.12 사태": "십이십이 사태",
    "6·10 만세 운동": "육십 만세 운동",
    # Old measures.
    "쌀 3말": "쌀 서 말",
    "금 3돈": "금 서 돈",
    "금 4돈이에요": "금 너 돈이에요",
    "쌀 4되": "쌀 넉 되",
    "엽전 3냥": "엽전 석 냥",
    "쌀 3섬": "쌀 석 섬",
    "이름 3자": "이름 석 자",
    "3자 회담": "삼 자 회담",
    "쌀 5말": "쌀 다섯 말",
    "4푼": "너 푼",
    # Chinese characters.
    "大韓民國 만세": "대한민국 만세",
    "大韓民國은": "대한민국은",
    "朝鮮(조선) 시대": "조선 시대",
    "李舜臣 장군": "이순신 장군",
    "女子와 老人": "여자와 노인",
    "音樂과 比率": "음악과 비율",
    "不正하지 않은 金": "부정하지 않은 금",
    # Signs.
    "토끼 & 호랑이": "토끼 그리고 호랑이",
    "나+너": "나 플러스 너",
    "사랑=나눔": "사랑은 나눔",
    "사과·배": "사과, 배",
    "안녕~": "안녕",
    "안녕~!": "안녕!",
    "야~ 신난다": "야 신난다",
    "저기… 나랑 놀래?": "저기, 나랑 놀래?",
    "그리고...": "그리고.",
    "…응": "응",
    "뭐라고?!": "뭐라고?",
    "와!!!": "와!",
    "😀 안녕 👋🏽": "안녕",
    "좋아♥": "좋아",
    "조선(朝鮮) 시대": "조선 시대",
    "“안녕”": "안녕",
    "《흥부전》": "흥부전",
    "“곰”이 왔어요": "곰이 왔어요",
    "ㅋㅋㅋㅋㅋ": "크크크",
    "ㅎㅎ": "흐흐",
    "안녕ㅠㅠ": "안녕",
    "ㄱ부터 ㅎ까지": "기역부터 히읗까지",
    "숲 속\n마을": "숲 속 마을",
    "깊은 숲속에 토끼가 살았어요.": "깊은 숲속에 토끼가 살았어요.",
    "": "",
}


@pytest.mark.parametrize(("written", "read"), READINGS.items())
def test_a_way_of_writing_is_read_as_korean_reads_it(written: str, read: str) -> None:
    """Each way of writing has its reading."""
    assert read_korean(written) == read


LOOKING_AROUND = {"사랑=나눔", "…응", "-5도", "-3℃", "+7도", "-7", ""}
"""Ways of writing that are meant to be read differently after a word."""


@pytest.mark.parametrize("written", [w for w in READINGS if w not in LOOKING_AROUND])
def test_a_reading_stands_in_a_sentence(written: str) -> None:
    """What stands around it does not change how something is read, nor is it changed."""
    sentence = read_korean(f"그날은, {written}.")
    assert sentence.removeprefix("그날은, ").rstrip(".!?") == read_korean(written).rstrip(".!?")


def test_decomposed_hangul_is_read_as_composed() -> None:
    """Text from a file system that decomposes Hangul is read like any other."""
    assert read_korean("3개를") == "세 개를"


NEAR_THE_RULES = st.text(
    "0123456789.,:;/~-+=×%$₩℃°#&@…·!?'\"() \n" + "개명살시분월일도번권가는이만천억" + "ABkgmTV"
)
ANY_TEXT = st.one_of(st.text(), NEAR_THE_RULES)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(ANY_TEXT)
def test_a_reading_has_no_digits(text: str) -> None:
    """Nothing an engine could misread as a number is left, and nothing raises."""
    assert not any(char.isdigit() for char in read_korean(text))


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(ANY_TEXT)
def test_reading_twice_is_reading_once(text: str) -> None:
    """What has been read has nothing left to read."""
    once = read_korean(text)
    assert read_korean(once) == once


@settings(max_examples=400, deadline=None)
@given(ANY_TEXT)
def test_a_reading_is_speakable_text(text: str) -> None:
    """Only Hangul and signs of a pause are left, on one line, singly spaced."""
    read = read_korean(text)
    assert all("가" <= char <= "힣" or char in " .,!?" for char in read)
    assert read == " ".join(read.split())


@given(st.integers(0, 10**20))
def test_every_number_has_a_reading(number: int) -> None:
    """Numerals are Hangul alone, however large the number."""
    for read in (sino(number), native(number)):
        assert read
        assert not set(read) & set(string.printable) - {" "}


def test_a_very_long_number_is_read() -> None:
    """Digits beyond what Python converts to an integer do not raise."""
    assert read_korean("9" * 10_000).startswith("구구구")

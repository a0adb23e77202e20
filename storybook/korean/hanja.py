"""How Chinese characters are read in Korean: 大韓民國 is 대한민국.

The Korean standard KS X 1001 holds the 4,888 characters that are in use, in the order of their
readings, and Python knows it as a codec (`euc_kr`). So what has to be told is only with which
character each reading begins. A character that has several readings stands there once for each;
Unicode marks all but one of them as compatibility characters, and that one is the usual reading.

A sound law holds at the beginning of a word (두음법칙): 녀 is read 여, 로 노, 리 이.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

HANJA: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"

_ROWS: Final = range(0xCA, 0xFE)
_COLUMNS: Final = range(0xA1, 0xFF)
"""Where they stand in KS X 1001."""
_COMPATIBILITY: Final = range(0xF900, 0xFB00)
_BEGINNINGS: Final = (
    "가伽 각刻 간侃 갈乫 감勘 갑匣 강剛 개介 객喀 갱坑 갹醵 거倨 건乾 걸乞 검儉 겁劫 게偈 격擊 "
    "견堅 결抉 겸兼 경京 계係 고古 곡哭 곤困 골汨 공供 곶串 과寡 곽廓 관冠 괄刮 광侊 괘卦 괴乖 "
    "굉宏 교交 구丘 국國 군君 굴堀 궁宮 권倦 궐厥 궤机 귀晷 규叫 균勻 귤橘 극克 근僅 금今 급伋 "
    "긍亘 기企 긴緊 길佶 김金 끽喫 나儺 낙諾 난暖 날捏 남南 납納 낭囊 내乃 녀女 년年 념念 녕寧 "
    "노努 농濃 뇌惱 뇨尿 눈嫩 눌訥 뉴杻 능能 니尼 닉匿 다多 단丹 달撻 담坍 답沓 당唐 대代 댁宅 "
    "덕德 도倒 독毒 돈墩 돌乭 동仝 두兜 둔屯 득得 등嶝 라喇 락洛 란亂 랄剌 람嵐 랍拉 랑廊 래來 "
    "랭冷 략掠 량亮 려侶 력力 련憐 렬冽 렴廉 렵獵 령令 례例 로勞 록碌 론論 롱壟 뢰儡 료了 룡龍 "
    "루壘 류劉 륙六 륜侖 률律 륭隆 륵勒 름凜 릉凌 리俚 린吝 림林 립砬 마摩 막寞 만万 말唜 망亡 "
    "매埋 맥脈 맹孟 멱冪 면免 멸滅 명冥 몌袂 모侮 목木 몰歿 몽夢 묘卯 무務 묵墨 문們 물勿 미味 "
    "민岷 밀密 박剝 반伴 발勃 방倣 배倍 백伯 번幡 벌伐 범凡 법法 벽僻 변卞 별別 병丙 보保 복伏 "
    "본本 볼乶 봉俸 부不 북北 분分 불佛 붕崩 비丕 빈嚬 빙憑 사乍 삭削 산傘 살乷 삼三 삽揷 상上 "
    "새塞 색嗇 생牲 서墅 석夕 선仙 설卨 섬剡 섭攝 성城 세世 소召 속俗 손孫 솔率 송宋 쇄刷 쇠衰 "
    "수修 숙叔 순巡 술戌 숭崇 슬瑟 습濕 승丞 시侍 식埴 신伸 실失 심審 십什 쌍雙 씨氏 아亞 악堊 "
    "안安 알斡 암唵 압壓 앙仰 애厓 액厄 앵櫻 야也 약弱 양佯 어圄 억億 언偃 얼孼 엄俺 업嶪 엔円 "
    "여予 역亦 연嚥 열悅 염厭 엽曄 영塋 예乂 오五 옥屋 온溫 올兀 옹壅 와渦 완婉 왈曰 왕往 왜倭 "
    "외外 요僥 욕慾 용俑 우于 욱勖 운云 울蔚 웅熊 원元 월月 위位 유乳 육堉 윤允 율聿 융戎 은垠 "
    "을乙 음吟 읍揖 응凝 의依 이二 익瀷 인人 일一 임任 입入 잉仍 자仔 작作 잔孱 잠岑 잡雜 장丈 "
    "재再 쟁爭 저佇 적勣 전佃 절切 점占 접接 정丁 제制 조俎 족族 존存 졸卒 종倧 좌佐 죄罪 주主 "
    "죽竹 준俊 줄茁 중中 즉卽 즐櫛 즙楫 증增 지之 직直 진唇 질侄 짐斟 집執 징徵 차且 착捉 찬撰 "
    "찰刹 참僭 창倉 채債 책冊 처凄 척倜 천仟 철凸 첨僉 첩堞 청廳 체剃 초初 촉促 촌寸 총叢 촬撮 "
    "최催 추墜 축丑 춘春 출出 충充 췌悴 취取 측側 층層 치侈 칙則 친親 칠七 침侵 칩蟄 칭秤 쾌快 "
    "타他 탁倬 탄呑 탈奪 탐探 탑塔 탕宕 태兌 택擇 탱撑 터攄 토兎 통慟 퇴堆 투偸 특慝 틈闖 파坡 "
    "판判 팔八 패佩 팽彭 퍅愎 편便 폄貶 평坪 폐吠 포佈 폭幅 표俵 품品 풍楓 피彼 필匹 핍乏 하下 "
    "학壑 한寒 할割 함函 합合 항亢 해亥 핵劾 행倖 향享 허噓 헌憲 헐歇 험險 혁奕 현俔 혈孑 혐嫌 "
    "협俠 형亨 혜兮 호乎 혹惑 혼婚 홀忽 홍哄 화化 확擴 환丸 활活 황凰 회匯 획劃 횡宖 효哮 후侯 "
    "훈勛 훙薨 훤喧 훼卉 휘彙 휴休 휼恤 흉兇 흑黑 흔昕 흘吃 흠欠 흡吸 흥興 희僖 힐詰 "
)
"""Each reading, and the first character that has it."""
_USUAL: Final = {"金": "금", "不": "불", "宅": "택", "率": "률"}
"""Where the standard's own choice is the rarer one (김, 부, 댁, 솔)."""

_BEFORE_I: Final = "ㅑㅕㅖㅛㅠㅣ"
_VOWELS: Final = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_NIEUN, _RIEUL, _IEUNG = 2, 5, 11
"""Numbers of initial consonants, of which a syllable has one in 588."""
_NOT: Final = re.compile("불(?=[다-딯자-짛])")
"""不 loses its ㄹ before ㄷ and ㅈ: 부정."""
_AFTER_N: Final = re.compile("(?<=[가-힣])([렬률])")


def read_hanja(characters: str) -> str:
    """A word of Chinese characters in Hangul; those that no Korean word has are left out."""
    read = "".join(_readings().get(it, "") for it in characters)
    read = _AFTER_N.sub(lambda match: _softened(match), _NOT.sub("부", read))
    return _at_the_beginning(read[:1]) + read[1:]


def _softened(match: re.Match[str]) -> str:
    """렬 and 률 lose their ㄹ after a vowel or ㄴ too: 비율, 나열."""
    final = (ord(match.string[match.start() - 1]) - ord("가")) % 28
    return _at_the_beginning(match[1]) if final in (0, 4) else match[1]


def _at_the_beginning(syllable: str) -> str:
    if not syllable:
        return ""
    initial, rest = divmod(ord(syllable) - ord("가"), 588)
    is_before_i = _VOWELS[rest // 28] in _BEFORE_I
    if is_before_i and initial in (_NIEUN, _RIEUL):
        initial = _IEUNG
    elif initial == _RIEUL:
        initial = _NIEUN
    return chr(ord("가") + initial * 588 + rest)


@cache
def _readings() -> dict[str, str]:
    beginnings = {it[1]: it[0] for it in _BEGINNINGS.split()}
    readings: dict[str, str] = {}
    reading = ""
    for character in _standard():
        reading = beginnings.get(character, reading)
        if ord(character) not in _COMPATIBILITY:
            readings[character] = reading
    return readings | _USUAL


def _standard() -> Iterator[str]:
    """The characters in the standard's order."""
    for row in _ROWS:
        yield from bytes(it for column in _COLUMNS for it in (row, column)).decode("euc_kr")

"""Names of children, pets and heroes, and the sentences that they are said in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from storybook.korean.particles import with_particle

CHILDREN: Final = """
민준 서준 도윤 예준 시우 하준 주원 지호 지후 준우 서연 서윤 지우 서현 하은 하윤 민서 지유 윤서
채원 수아 지아 지민 다은 예은 은서 소율 예린 하린 시은 지안 이안 아린 로아 이서 유나 하나 하랑
이랑 사랑 하늘 가을 나은 조은 지은 정은 시온 다온 라온 가온 새봄 한결 은결 보람 아람 이슬 한별
샛별 윤슬 우주 바다 나라 누리 마루 루다 아리 세라 보라 소라 로라 유리 나리 미리 로이 조이 레이
제이 루이 태이 다미 보미 해미 영희 철수 순이 훈이 준이 윤이 현이 별이 결이 도로시 김하늘 박도도
이서연 최고은 정다은
"""
PETS: Final = """
콩이 별이 달이 봄이 밤이 솜이 꿀이 복이 몽이 탄이 땡이 쫑이 똘이 까미 뽀미 두부 초코 보리 호두
감자 치즈 망고 코코 루루 토토 모모 도도 나나 미미 로로 나비 쿠키 만두 해피 라떼 뭉치 단추 예삐
뽀삐 복실이 몽실이 누렁이 검둥이 흰둥이 바둑이 점박이 얼룩이 초롱이 방울이 노랑이 까망이 하양이
파랑이 깜순이 콩순이 복순이 삼순이 금동이 희동이 깐돌이 곰돌이 야옹이 멍멍이 삐약이 꿀꿀이
통통이 튼튼이 똘똘이 씩씩이 순둥이 꼬물이 꼬맹이 포포 하하 히히 카카 지지 요요 로보 파도 포도
사과 모과
"""
HEROES: Final = """
뽀로로 크롱 루피 에디 포비 패티 해리 로디 타요 로기 라니 가니 폴리 로이 엠버 헬리 또봇 카봇
핑크퐁 엘사 안나 올라프 스벤 모아나 라푼젤 신데렐라 피노키오 피터팬 팅커벨 알라딘 자스민 벨
뮬란 심바 니모 도리 우디 버즈 맥퀸 도라에몽 노진구 짱구 흰둥이 둘리 고길동 또치 도우너 마이콜
영심이 하니 홍길동 심청이 흥부 놀부 콩쥐 팥쥐 피카츄 파이리 꼬부기 잠만보 뮤츠 키티 쿠로미
시나모롤 하츄핑 바로핑 아자핑 차차핑 토토로 포뇨 나루토 코난 조로 소닉 마리오 루이지 푸 피글렛
티거 이요르 프로도 아폴로 클로에 오로라 스폰지밥 뚱이 징징이 집게사장 아이언맨 스파이더맨
배트맨 헐크 손오공 저팔계 사오정 이순신 세종대왕
"""
NAMES: Final = tuple(dict.fromkeys((CHILDREN + PETS + HEROES).split()))

_HELD_OUT: Final = """
시호 유섬 단오 이로 도로 새로 하로 윤도 재하 서도 해랑 소랑 미랑 아랑 유랑 연두 담비 솔비 은담
이든솔 서봄 유봄 하봄 여진 규담 태율 지담 현담 은호 강산 정한 수찬 기준 명훈 병준 상혁 영찬
원빈 치훈 판수 길수 덕수 말숙 봉순 미선 지숙 혜란 경란 미란 소희 은심 나라 로빈이 벤 톰이 앤디
줄리 마크 루카스 올리비아 소피 클라라 레온 테오 아멜리 하임 요나 요하 사라 한나라 리브가 꼬미
꾸미 밍밍이 봉식이 춘식이 덕구 백호 태풍이 번개 천둥이 벼리 잎새 산들이 몽몽이 뭉뭉이 쪼롱이
뽀짝이 쪼꼬미 하쿠 우니 미유 호떡이 붕어 쫄쫄이 뚱뚱이 날쌘이 코붕이 달달이 꼼지 꼬순이 땅순이
몽돌이 차돌이 은돌이 먹보 털보 짹짹이 음매 꽥꽥이 로켓단 미뇽 리자몽 망나뇽 루기아 팬텀
라프라스 이브이 피츄 메타그로스 윈디 가재로 고오스 또가스 우파루파 잉어킹 발챙이 마자용 우솝
상디 쵸파 나미 브룩 렌고쿠 탄지로 네즈코 젠이츠 이노스케 미츠리 바론 지브리 하울 소피아 치히로
키키 지지 가오나시 마녀배달부 케로로 기로로 타마마 쿠루루 도로로 지로로 나로로 미로로 파랑새
하랑별 아랑이 도레미 파솔 두리안 요요마 나야 미야 루야 하도도
"""
HELD_OUT: Final = tuple(_HELD_OUT.split())
"""Chosen before the rules were made and not looked at while they were: only the share that is right
is known."""


def sentences(name: str) -> Iterator[tuple[str, str]]:
    """What is said with a name, and what is to become of it: eight ways, and some more."""
    subject, topic = with_particle(name, "가"), with_particle(name, "는")
    copula = with_particle(name, "예요")
    yield name, name
    yield f"{copula.removesuffix('이에요').removesuffix('예요')}{_end(name)}", name
    yield f"{subject} 나왔으면 좋겠어요", name
    yield f"{name} 나오게 해 줘", name
    yield f"저는 {with_particle(name, '를')} 좋아해요", name
    yield f"{with_particle(name, '랑')} 토끼랑", f"{name}, 토끼"
    yield f"{subject} 주인공이에요", name
    yield f"주인공은 {copula}", name
    yield f"{topic} 어때요?", name
    yield f"토끼하고 {name}도 나와요", f"토끼, {name}"
    yield f"{subject} 나오는 이야기요", name
    yield f"음… 이름은 {copula}.", name
    yield f"{name}하고 놀고 싶어요", name
    yield f"우리 강아지 {with_particle(name, '랑')} 나랑", f"우리 강아지 {name}, 나"


def _end(name: str) -> str:
    return "요" if with_particle(name, "가").endswith("가") else "이요"

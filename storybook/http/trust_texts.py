"""What the trust page says, in each language that it speaks. The names of buttons are those that
the systems have in that language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from storybook.http.page_language import PageLanguage


class TrustTexts(msgspec.Struct, frozen=True):
    """`{name}` in a text is the authority's name, as a device shows it."""

    title: str
    why: str
    compare: str
    """Goes before the fingerprint."""
    devices: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Each with its name, the file that it takes, and its steps."""
    download: str
    then: str
    """Goes before the server's address."""
    other: str
    """Goes before the certificate as PEM, for all other devices."""
    undo: str


TEXTS: Final[Mapping[PageLanguage, TrustTexts]] = {
    "en": TrustTexts(
        title="Let this device trust your storybook",
        why="Your storybook runs on a computer in your house. Once on each device you say that you "
        "trust it; after that microphone, offline reading and installing work. It can only speak "
        "for addresses at home.",
        compare="First compare this number with the one that the computer shows when it starts "
        "(SHA-256). If they differ, do not go on:",
        devices=(
            (
                "iPad and iPhone",
                "storybook.mobileconfig",
                (
                    "In Safari, tap the file above, and allow it.",
                    "Open Settings. At the top tap “Profile Downloaded”, then “Install”.",
                    "In Settings go to General, About, “Certificate Trust Settings”, and switch on "
                    "“{name}”.",
                ),
            ),
            (
                "Android",
                "storybook.crt",
                (
                    "In Chrome, tap the file above; it is downloaded.",
                    "Open Settings and search for “CA certificate”. (It is under Security, often "
                    "“More security settings”, “Install from device storage”.)",
                    "Tap “CA certificate”, “Install anyway”, and choose storybook.crt. Android "
                    "asks for your PIN, and says from now on that the network may be monitored: "
                    "that is about this certificate.",
                ),
            ),
            (
                "Windows",
                "storybook.crt",
                (
                    "Download the file above and open it.",
                    "Choose “Install Certificate…”, “Current User”, “Place all certificates in the "
                    "following store”, “Browse…”, “Trusted Root Certification Authorities”.",
                    "Finish, answer “Yes”, and start the browser again.",
                ),
            ),
        ),
        download="Download {file}",
        then="After that open your storybook, or scan the second code on the computer:",
        other="For other devices and for Firefox: the certificate as PEM",
        undo="To take it back, delete “{name}” in the same place.",
    ),
    "ko": TrustTexts(
        title="이 기기가 우리 집 그림책을 믿게 하기",
        why="그림책은 우리 집 컴퓨터에서 돌아갑니다. 기기마다 한 번만 믿겠다고 알려 주면 "
        "마이크, 오프라인 읽기, 설치가 됩니다. 이 인증서는 집 안의 주소에만 쓸 수 있습니다.",
        compare="먼저 이 숫자가 컴퓨터를 켤 때 보이는 숫자(SHA-256)와 같은지 보세요. "
        "다르면 그만두세요:",
        devices=(
            (
                "iPad와 iPhone",
                "storybook.mobileconfig",
                (
                    "Safari에서 위의 파일을 누르고 허용합니다.",
                    "설정을 열고 맨 위의 ‘프로필이 다운로드됨’을 누른 다음 ‘설치’를 누릅니다.",
                    "설정에서 일반, 정보, ‘인증서 신뢰 설정’으로 가서 ‘{name}’을 켭니다.",
                ),
            ),
            (
                "안드로이드",
                "storybook.crt",
                (
                    "Chrome에서 위의 파일을 눌러 내려받습니다.",
                    "설정을 열고 ‘CA 인증서’를 검색합니다. (보안의 ‘기타 보안 설정’, "
                    "‘휴대전화에 저장된 인증서 설치’에 있습니다.)",
                    "‘CA 인증서’, ‘무시하고 설치’를 누르고 storybook.crt를 고릅니다. "
                    "비밀번호를 물어보고, 그 뒤로 네트워크가 모니터링될 수 있다고 알려 줍니다. "
                    "이 인증서를 두고 하는 말입니다.",
                ),
            ),
            (
                "Windows",
                "storybook.crt",
                (
                    "위의 파일을 내려받아 엽니다.",
                    "‘인증서 설치…’, ‘현재 사용자’, ‘모든 인증서를 다음 저장소에 저장’, "
                    "‘찾아보기…’, ‘신뢰할 수 있는 루트 인증 기관’을 차례로 고릅니다.",
                    "마침을 누르고 ‘예’라고 답한 다음 브라우저를 다시 시작합니다.",
                ),
            ),
        ),
        download="{file} 내려받기",
        then="그다음 그림책을 열거나 컴퓨터에 보이는 두 번째 코드를 찍으세요:",
        other="다른 기기와 Firefox: PEM 인증서",
        undo="그만 믿으려면 같은 곳에서 ‘{name}’을 지웁니다.",
    ),
}

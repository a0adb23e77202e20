// The page in Korean. A text names its values in braces.

export const ko = {
  // everywhere
  cancel: "그만두기",
  goOn: "계속",
  close: "닫기",
  signIn: "들어가기",
  signInWhy: "이 책장은 열쇠말이 있어야 열려요. 책장을 마련한 어른에게 받은 열쇠말을 넣어 주세요.",
  signInWithMore: "이 일은 더 큰 권한의 열쇠말이 있어야 할 수 있어요.",
  token: "열쇠말",
  wrongToken: "맞지 않는 열쇠말이에요. 다시 확인해 주세요.",
  tooManyTokens: "틀린 열쇠말이 너무 많았어요. 일 분 뒤에 다시 해 주세요.",
  forGrownUps: "어른을 불러 주세요",
  sum: "{one} × {other} = ?",
  sumWrong: "답이 달라요. 다시 해 보세요.",
  offline: "인터넷이 끊겼어요. 이어지면 계속할게요.",
  serverAway: "책을 만드는 컴퓨터에 닿지 않아요. 켜져 있는지 봐 주세요. 닿으면 저절로 이어져요.",
  serverBusy: "책을 만드는 컴퓨터가 지금은 할 수 없대요: {why}",
  unexpected: "뜻하지 않은 일이 생겼어요. 새로 고쳐 보세요.",
  notAllowed: "이 열쇠말로는 할 수 없는 일이에요.",
  noSuchBook: "그런 책이 없어요.",
  bookGone: "지워진 책이에요.",
  tooMany: "한꺼번에 너무 많이 부탁했어요. 잠깐 쉬었다가 다시 해 주세요.",
  lostTitle: "여기에는 아무것도 없어요",
  toShelf: "책장으로",
};

// Whether somebody points with a finger: then a text field that gets the focus brings up a keyboard
// over half of the screen, and keys are told to nobody.

export function isByTouch() {
  return !matchMedia("(hover: hover) and (pointer: fine)").matches;
}

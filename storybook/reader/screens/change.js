export function open() { return () => {}; }

/** As of a stream of a process. */
interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly write: (text: string) => unknown;
}

/** Redrawn so often at most. */
const everyMs = 100;
/** Who waits less sees none. */
const afterMs = 500;

/** A bar on a terminal for work that takes long; nothing elsewhere. */
export function progressOf(
  screen: Screen,
  what: string,
  ticks: () => number = () => performance.now(),
): { readonly show: (done: number, of: number) => void; readonly end: () => void } {
  const started = ticks();
  let shown = started + afterMs - everyMs;
  let isDrawn = false;
  return {
    show: (done, of) => {
      if (screen.isTTY !== true || ticks() - shown < everyMs) return;
      shown = ticks();
      isDrawn = true;
      screen.write(`\r${barText(done, of, what, columnsOf(screen))}`);
    },
    end: () => {
      if (isDrawn) screen.write(`\r${" ".repeat(columnsOf(screen) - 1)}\r`);
    },
  };
}

/** A terminal that does not know its size, as one of `script` or of a container, says 0. */
function columnsOf({ columns = 0 }: Screen): number {
  return columns > 0 ? columns : 80;
}

function barText(done: number, of: number, what: string, columns: number): string {
  const text = ` ${done} of ${of} ${what}`;
  const width = Math.max(0, Math.min(40, columns - text.length - 3));
  const filled = of === 0 ? width : Math.round((done / of) * width);
  // What wraps would not be drawn over.
  return `[${"#".repeat(filled)}${" ".repeat(width - filled)}]${text}`.slice(0, columns - 1);
}

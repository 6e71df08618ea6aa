/** Times and durations in words. Everything takes `now`, so that pages can tick and tests stand still. */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const two = (n: number) => String(n).padStart(2, "0");

/** `14:30`, in the reader's time zone. */
export function clock(at: Date): string {
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `2026-11-22 14:30:05`, for tooltips. */
export function absolute(at: Date): string {
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${clock(at)}:${two(at.getSeconds())}`;
}

const midnight = (of: Date) => new Date(of.getFullYear(), of.getMonth(), of.getDate()).getTime();

/** The day, when it is not today's: `yesterday`, `tomorrow`, `3 Nov`, `3 Nov 2025`. */
function dayWord(at: Date, now: Date): string | undefined {
  const days = Math.round((midnight(at) - midnight(now)) / day);
  if (days === 0) return undefined;
  if (days === -1) return "yesterday";
  if (days === 1) return "tomorrow";
  const month = at.toLocaleString("en", { month: "short" });
  const year = at.getFullYear() === now.getFullYear() ? "" : ` ${at.getFullYear()}`;
  return `${at.getDate()} ${month}${year}`;
}

/** `14:30`, `yesterday 18:04`, `3 Nov 18:04`. */
export function moment(at: Date, now: Date): string {
  const word = dayWord(at, now);
  return word ? `${word} ${clock(at)}` : clock(at);
}

/** `14:30:05` today, else as [moment], with a capital: for the first column of a table. */
export function stamp(at: Date, now: Date): string {
  const word = dayWord(at, now);
  if (!word) return `${clock(at)}:${two(at.getSeconds())}`;
  return `${word.charAt(0).toUpperCase()}${word.slice(1)} ${clock(at)}`;
}

/** `0.4 s`, `24 s`, `12 min`, `1 h 48 min`, `3 days`. */
export function duration(milliseconds: number): string {
  const length = Math.max(0, milliseconds);
  if (length < 10 * second) return `${(Math.round(length / 100) / 10).toFixed(1)} s`;
  return coarse(length);
}

/** As [duration], in whole seconds: for clocks that tick. */
export function coarse(milliseconds: number): string {
  const length = Math.max(0, milliseconds);
  if (length < minute) return `${Math.floor(length / second)} s`;
  if (length < hour) return `${Math.floor(length / minute)} min`;
  if (length < 2 * day) {
    const minutes = Math.floor((length % hour) / minute);
    return `${Math.floor(length / hour)} h${minutes ? ` ${minutes} min` : ""}`;
  }
  return `${Math.floor(length / day)} days`;
}

/** `now`, `14 min ago`, `2 days ago`, `in 61 days`. */
export function relative(at: Date, now: Date): string {
  const difference = at.getTime() - now.getTime();
  if (Math.abs(difference) < 10 * second) return "now";
  const words = coarse(Math.abs(difference)).replace(/ h .*/, " h");
  return difference < 0 ? `${words} ago` : `in ${words}`;
}

/** A deadline says both: `in 12 min, at 14:30`. */
export function deadline(at: Date, now: Date): string {
  const left = at.getTime() - now.getTime();
  const word = dayWord(at, now);
  const when = word ? `${word} ${clock(at)}` : `at ${clock(at)}`;
  return left < minute ? `in less than a minute, ${when}` : `in ${coarse(left)}, ${when}`;
}

/** Whether a deadline is so near that somebody should look: 15 minutes. */
export function near(at: Date, now: Date): boolean {
  return at.getTime() - now.getTime() <= 15 * minute;
}

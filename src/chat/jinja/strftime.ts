// strftime of C's locale, for the `strftime_now` that transformers gives to chat templates: local time, English names.
import { UnsupportedError } from "../../errors.ts";

const months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const DAY_MS = 86_400_000;

const two = (n: number): string => String(n).padStart(2, "0");
const hour12 = (t: Date): number => t.getHours() % 12 || 12;

/** Day of the year from 1; counted in UTC, where every day has 24 hours. */
function dayOfYear(t: Date): number {
  return (Date.UTC(t.getFullYear(), t.getMonth(), t.getDate()) - Date.UTC(t.getFullYear(), 0, 1)) / DAY_MS + 1;
}

const directives: Record<string, (t: Date) => string> = {
  a: (t) => days[t.getDay()]!.slice(0, 3),
  A: (t) => days[t.getDay()]!,
  b: (t) => months[t.getMonth()]!.slice(0, 3),
  B: (t) => months[t.getMonth()]!,
  c: (t) => strftime(t, "%a %b %e %H:%M:%S %Y"),
  d: (t) => two(t.getDate()),
  D: (t) => strftime(t, "%m/%d/%y"),
  e: (t) => String(t.getDate()).padStart(2),
  f: (t) => String(t.getMilliseconds() * 1000).padStart(6, "0"),
  F: (t) => strftime(t, "%Y-%m-%d"),
  H: (t) => two(t.getHours()),
  I: (t) => two(hour12(t)),
  j: (t) => String(dayOfYear(t)).padStart(3, "0"),
  m: (t) => two(t.getMonth() + 1),
  M: (t) => two(t.getMinutes()),
  p: (t) => (t.getHours() < 12 ? "AM" : "PM"),
  R: (t) => strftime(t, "%H:%M"),
  S: (t) => two(t.getSeconds()),
  T: (t) => strftime(t, "%H:%M:%S"),
  u: (t) => String(t.getDay() || 7),
  w: (t) => String(t.getDay()),
  x: (t) => strftime(t, "%m/%d/%y"),
  X: (t) => strftime(t, "%H:%M:%S"),
  y: (t) => two(t.getFullYear() % 100),
  Y: (t) => String(t.getFullYear()),
  // The clock of a template has no time zone, as Python's datetime.now().
  z: () => "",
  Z: () => "",
  n: () => "\n",
  t: () => "\t",
  "%": () => "%",
};

/** The time in a format such as "%d %b %Y"; a minus, as in %-d, drops the leading zeros or spaces. */
export function strftime(time: Date, format: string): string {
  return format.replace(/%(-?)(.?)/gsu, (whole: string, minus: string, letter: string) => {
    if (!Object.hasOwn(directives, letter))
      throw new UnsupportedError(`strftime: "${whole}" is not supported; known are ${Object.keys(directives).join(" ")}`);
    const text = directives[letter]!(time);
    return minus ? text.replace(/^[0 ]+(?=.)/, "") : text;
  });
}

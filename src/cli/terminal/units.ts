// Counts and durations as people read them.

/** 134,515,008 */
export function showCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** 8 s, 3 min 5 s, 2 h 10 min */
export function showDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

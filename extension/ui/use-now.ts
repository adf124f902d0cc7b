import { useEffect, useState } from 'preact/hooks';

/** The time, renewed every `everyMs` milliseconds, for ages and countdowns. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

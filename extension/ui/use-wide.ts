import { useEffect, useState } from 'preact/hooks';

const query = '(min-width: 56rem)';

/** True where there is room for the chain to lie down. */
export function useWide(): boolean {
  const [wide, setWide] = useState(matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const update = () => setWide(media.matches);
    update();
    media.addEventListener('change', update);
    return () => media.removeEventListener('change', update);
  }, []);
  return wide;
}

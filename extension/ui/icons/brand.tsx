import { wavySealPath } from './wavy-seal.ts';

const outline = wavySealPath();

/** Waxseal's own sign: the wavy seal with a W. Never shown where a verdict could be read into it. */
export function Brand({ size = 26 }: { size?: number }) {
  return (
    <svg class="brand" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={outline} class="brand-wax" />
      <circle cx="12" cy="12" r="7.9" class="brand-ring" />
      <path d="M7.1 9L9.6 15.2L12 10.3L14.4 15.2L16.9 9" class="brand-letter" />
    </svg>
  );
}

/** The present view of the page. The fragment of the address names it, so that links can lead to it. */
import { useEffect, useState } from 'preact/hooks';

export type View = 'calls' | 'console';

const CONSOLE = '#console';

export function useView(): View {
  const [view, setView] = useState(currentView);
  useEffect(() => {
    const follow = () => setView(currentView());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return view;
}

function currentView(): View {
  return location.hash === CONSOLE ? 'console' : 'calls';
}

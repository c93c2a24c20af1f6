/** Which view of the page is shown: it is in the fragment of the address, so that it can be linked to. */
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

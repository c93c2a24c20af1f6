/** The page: tries the calls of the service in a browser. */
import { render } from 'preact';
import { takeHandedOverKey } from './api-key.ts';
import { App } from './app.tsx';
import './style.css';

render(<App initialKey={takeHandedOverKey()} />, document.body);

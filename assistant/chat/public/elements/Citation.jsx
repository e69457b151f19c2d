import { FileText } from 'lucide-react'

// A passage with the cited words marked. All of it is text: nothing in a document becomes markup here.
export default function Citation() {
  return (
    <article className="pd-source" data-testid="citation" aria-label={props.name || `Source ${props.number}`}>
      <header>
        <h2>{props.title}</h2>
        {props.section ? <p className="pd-path">{props.section}</p> : null}
      </header>
      <ul className="pd-facts">
        {props.facts.map((fact) => (
          <li key={fact.text} className={fact.old ? 'pd-old' : undefined}>{fact.text}</li>
        ))}
      </ul>
      <p className={props.is_table ? 'pd-passage pd-table' : 'pd-passage'}>
        {props.before}
        <mark data-testid="cited">{props.quote}</mark>
        {props.after}
      </p>
      <a className="pd-open" href={props.original_url} target="_blank" rel="noopener noreferrer">
        <FileText size={16} aria-hidden="true" /> {props.original_label}
      </a>
      <p className="pd-foot">{[props.file, props.keeper].filter(Boolean).join(' · ')}</p>
    </article>
  )
}

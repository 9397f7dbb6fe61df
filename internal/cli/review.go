package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// largestReview bounds a document that is read, in bytes.
const largestReview = 512 << 20

func reviewCommand(g *globals) *cobra.Command {
	var from []string
	var forge, url, link string
	cmd := &cobra.Command{
		Use:   "review",
		Short: "Show a preview that was written as JSON, as the comment of a pull request",
		Long: `Read what preview, up, destroy or drift wrote with -o json, and show it: as the
comment that a pull request gets, as text, or as JSON again. The parts that jobs
of a matrix wrote for some environments each become one document. Nothing else is
read: neither the estate nor any cloud.`,
		Example: `  trunkline preview -e dev -o json > preview.json
  trunkline review --from preview.json --forge github
  trunkline review --from dev.json --from production.json --forge gitlab`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if forge != "" && !cmd.Flags().Changed("output") {
				g.output = formatMarkdown
			}
			if err := g.check(formatJSON, formatMarkdown); err != nil {
				return err
			}
			if forge != "" && !slices.Contains(review.Forges(), forge) {
				return gitops.Errorf(gitops.Invalid, "--forge %s is not one of %s", forge, strings.Join(review.Forges(), ", "))
			}
			doc, err := g.readReviews(from)
			if err != nil {
				return err
			}
			if g.output != formatMarkdown {
				return g.show(doc, showing{})
			}
			o := review.MarkdownOptions{Forge: forge, Link: link}
			o.Source, o.Commit = review.Links(forge, url, doc.Head.SHA, "")
			_, err = fmt.Fprint(g.screen(), review.Markdown(doc, o))
			return err
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&from, "from", nil, "file with a document, - for standard input; may be repeated")
	f.StringVar(&forge, "forge", "", "write the comment for "+strings.Join(review.Forges(), ", "))
	f.StringVar(&url, "url", "", "address of the repository's page, for links to lines and commits")
	f.StringVar(&link, "link", "", "address of the whole result, for a link to it")
	return cmd
}

// readReviews reads documents and makes one of them.
func (g *globals) readReviews(from []string) (review.Document, error) {
	if len(from) == 0 {
		return review.Document{}, &gitops.Error{Kind: gitops.Invalid, What: "name the document", Next: "add --from FILE; trunkline preview -o json writes one"}
	}
	var docs []review.Document
	for _, name := range from {
		doc, err := g.readDocument(name)
		if err != nil {
			return review.Document{}, err
		}
		docs = append(docs, doc)
	}
	return review.Combine(docs...)
}

func (g *globals) readDocument(name string) (review.Document, error) {
	text, err := g.readReview(name)
	if err != nil {
		return review.Document{}, err
	}
	doc, err := review.Parse(text)
	if err != nil {
		return review.Document{}, fmt.Errorf("%s: %w", name, err)
	}
	return doc, nil
}

func (g *globals) readReview(name string) (text []byte, err error) {
	var r io.Reader = g.deps.Stdin
	if name != "-" {
		f, err := os.Open(g.path(name))
		if err != nil {
			return nil, &gitops.Error{Kind: gitops.Invalid, What: "cannot read the document", Err: err, Next: "give a file that trunkline preview -o json wrote"}
		}
		defer f.Close()
		r = f
	}
	if r == nil {
		return nil, gitops.Errorf(gitops.Invalid, "there is no standard input")
	}
	text, err = io.ReadAll(io.LimitReader(r, largestReview+1))
	switch {
	case err != nil:
		return nil, gitops.Errorf(gitops.Invalid, "cannot read the document: %w", err)
	case len(text) > largestReview:
		return nil, gitops.Errorf(gitops.Invalid, "%s is larger than %d MiB", name, largestReview>>20)
	}
	return text, nil
}

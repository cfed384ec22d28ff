// What an input is called, whether others may write to it, and under which licence it is.
#pragma once

#include "train/measured_input.h"

namespace weightmark {

// others_may_write says whether anyone but this user and root could have changed a file of
// the input while the command ran: by its owner and mode, or those of the folders above it
// within the input. Files that the kernel keeps sealed do not count.
bool others_may_write(const ModelRoot& root, const Manifest& manifest);

// name_input gives the dependency its name and its URI: that of the caller, or what the
// Hugging Face cache's folders say, whose revision becomes a digest as well.
void name_input(MeasuredInput& input);

// read_licence takes the licence from the front matter of a model card, or from Croissant
// metadata, whose digest it keeps. What cannot be read is a warning.
void read_licence(MeasuredInput& input);

}  // namespace weightmark

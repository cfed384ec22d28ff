// Sockets in the file system, by which processes outside may be reached.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "train/view.h"

namespace weightmark {

// sockets_among lists the paths of the sockets in the text of /proc/net/unix that lie where
// the rules permit anything, but for the places that begin empty.
std::vector<std::string> sockets_among(std::string_view text, const View& view);

// sockets_shown does so for those that are there now.
std::vector<std::string> sockets_shown(const View& view);

}  // namespace weightmark
